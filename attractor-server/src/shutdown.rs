//! How a server ends: everybody is told, and everybody is waited for, within a time.

use std::future::Future;
use std::time::Duration;

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How long what is under way may take when the server is to end: streams end at once, and a request
/// waits for the database for less.
pub(crate) const END: Duration = Duration::from_secs(10);

/// Works until `stop` is done or the work fails by itself; then tells everybody who has the token, and
/// waits for them. Whether all came to their end in time.
pub(crate) async fn run_until<T>(
    work: impl Future<Output = T>,
    stop: impl Future<Output = ()>,
    token: &CancellationToken,
    limit: Duration,
) -> Option<T> {
    let mut work = std::pin::pin!(work);
    tokio::select! {
        done = &mut work => {
            token.cancel();
            return Some(done);
        }
        () = stop => token.cancel(),
    }
    timeout(limit, work).await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_does_not_end_is_not_waited_for_for_ever() {
        let token = CancellationToken::new();
        let limit = Duration::ZERO;
        let polite = run_until(token.cancelled(), async {}, &token, limit).await;
        assert_eq!(polite, Some(()));
        let stubborn = run_until(std::future::pending::<()>(), async {}, &token, limit).await;
        assert_eq!(stubborn, None);
        let token = CancellationToken::new();
        let done = run_until(async { 7 }, std::future::pending(), &token, limit).await;
        assert_eq!(done, Some(7));
        assert!(token.is_cancelled());
    }
}

#![expect(clippy::unwrap_used, reason = "a suite fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::handler::{Handler, StageContext};

/// What every handler must satisfy. `stage` returns a stage that the handler can execute, always
/// the same, with a stage directory that is empty.
///
/// # Panics
///
/// If the handler doesn't satisfy it.
pub async fn handler_suite(handler: Arc<dyn Handler>, stage: impl Fn() -> StageContext) {
    says_the_same_twice(&handler, &stage).await;
    can_be_dropped(&handler, &stage).await;
    stops_when_cancelled(&handler, &stage).await;
}

/// A restarted process executes an attempt again: the handler keeps nothing that matters.
async fn says_the_same_twice(handler: &Arc<dyn Handler>, stage: &impl Fn() -> StageContext) {
    let first = handler.execute(&stage()).await.unwrap();
    let second = handler.execute(&stage()).await.unwrap();
    assert_eq!(
        first.status, second.status,
        "an attempt ends the same when it's repeated"
    );
    assert_eq!(first.word(), second.word());
}

async fn can_be_dropped(handler: &Arc<dyn Handler>, stage: &impl Fn() -> StageContext) {
    let dropped = stage();
    // Polled once, then dropped.
    let _ = handler.execute(&dropped).now_or_never();
    assert!(
        handler.execute(&stage()).await.is_ok(),
        "a dropped attempt leaves nothing behind"
    );
}

async fn stops_when_cancelled(handler: &Arc<dyn Handler>, stage: &impl Fn() -> StageContext) {
    let cancel = CancellationToken::new();
    let cancelled = stage().with_cancel(cancel.clone());
    cancel.cancel();
    // The engine drops a handler that doesn't watch the token; one that does ends in time.
    let _ = timeout(Duration::from_secs(1), handler.execute(&cancelled)).await;
    assert!(
        handler.execute(&stage()).await.is_ok(),
        "a cancel concerns one attempt only"
    );
}

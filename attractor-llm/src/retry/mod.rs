//! Trying again after a failure that may pass.
//!
//! Source: unified-llm-spec 6.6.

mod backoff;
mod policy;

use std::hash::{BuildHasher as _, RandomState};

use self::backoff::next_delay;
pub use self::policy::RetryPolicy;
use crate::error::Error;

/// Runs `operation` until it succeeds, fails for good, or the policy's retries are used up.
///
/// A `Retry-After` within the policy's longest delay is waited for in place of the backoff; a
/// longer one ends the retries at once. For a stream only the connection and the first event are
/// retried: what fails later is the stream's own last item.
///
/// ```no_run
/// # async fn example(client: attractor_llm::Client, request: attractor_llm::Request) -> Result<(), attractor_llm::Error> {
/// use attractor_llm::{RetryPolicy, retry};
///
/// let response = retry(&RetryPolicy::default(), || client.complete(request.clone())).await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// The last failure of `operation`.
pub async fn retry<T, F, Fut>(policy: &RetryPolicy, mut operation: F) -> Result<T, Error>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, Error>>,
{
    let mut attempt = 0;
    loop {
        let error = match operation().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let Some(delay) = next_delay(policy, &error, attempt, jitter()) else {
            return Err(error);
        };
        policy.report(&error, attempt, delay);
        tokio::time::sleep(delay).await;
        attempt += 1;
    }
}

/// A factor between 0.5 and 1.5 from the system's randomness, which every new hash state holds.
fn jitter() -> f64 {
    let [high, low, ..] = RandomState::new().hash_one(()).to_be_bytes();
    0.5 + f64::from(u16::from_be_bytes([high, low])) / f64::from(u16::MAX)
}

//! Retries, on a paused clock.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use attractor_llm::{Error, ErrorKind, RetryPolicy, retry};
use tokio::time::Instant;

/// Fails with `kind` the given number of times, then succeeds; counts its calls.
async fn run(
    policy: &RetryPolicy,
    failures: u32,
    error: fn() -> Error,
) -> (Result<u32, Error>, u32) {
    let calls = AtomicU32::new(0);
    let result = retry(policy, || async {
        let call = calls.fetch_add(1, Ordering::Relaxed);
        if call < failures {
            Err(error())
        } else {
            Ok(call)
        }
    })
    .await;
    (result, calls.into_inner())
}

fn busy() -> Error {
    Error::new(ErrorKind::Server, "busy")
}

#[tokio::test(start_paused = true)]
async fn a_passing_failure_is_retried_after_growing_delays() {
    let begun = Instant::now();
    let (result, calls) = run(&RetryPolicy::default().jitter(false), 2, busy).await;
    assert_eq!((result.unwrap(), calls), (2, 3));
    assert_eq!(begun.elapsed().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn jitter_keeps_a_delay_within_half_of_itself() {
    for _ in 0..50 {
        let begun = Instant::now();
        run(&RetryPolicy::default(), 1, busy).await.0.unwrap();
        let waited = begun.elapsed().as_secs_f64();
        assert!((0.49..=1.51).contains(&waited), "{waited}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_failure_comes_back_when_the_retries_are_used_up() {
    let (result, calls) = run(&RetryPolicy::default(), 9, busy).await;
    assert_eq!((result.unwrap_err().kind(), calls), (ErrorKind::Server, 3));
    let (_, calls) = run(&RetryPolicy::none(), 9, busy).await;
    assert_eq!(calls, 1);
}

#[tokio::test(start_paused = true)]
async fn a_lasting_failure_is_not_retried() {
    let lasting: [fn() -> Error; 4] = [
        || Error::new(ErrorKind::Authentication, ""),
        || Error::new(ErrorKind::QuotaExceeded, ""),
        || Error::new(ErrorKind::RequestTimeout, ""),
        || Error::new(ErrorKind::Server, "").with_retryable(false),
    ];
    for error in lasting {
        let begun = Instant::now();
        let (result, calls) = run(&RetryPolicy::default(), 9, error).await;
        assert!(result.is_err() && calls == 1 && begun.elapsed().is_zero());
    }
}

#[tokio::test(start_paused = true)]
async fn the_providers_delay_is_kept_to_the_second() {
    let begun = Instant::now();
    let error = || busy().with_retry_after(Duration::from_secs(17));
    run(&RetryPolicy::default(), 1, error).await.0.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 17);
}

#[tokio::test(start_paused = true)]
async fn a_delay_beyond_the_bound_ends_it_at_once() {
    let begun = Instant::now();
    let error = || busy().with_retry_after(Duration::from_mins(5));
    let (result, calls) = run(&RetryPolicy::default(), 9, error).await;
    assert_eq!(
        result.unwrap_err().retry_after(),
        Some(Duration::from_mins(5))
    );
    assert!(calls == 1 && begun.elapsed().is_zero());
}

#[tokio::test(start_paused = true)]
async fn each_retry_is_reported_before_its_wait() {
    let reports = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&reports);
    let policy = RetryPolicy::default()
        .jitter(false)
        .on_retry(move |error, attempt, delay| {
            seen.lock()
                .unwrap()
                .push((error.kind(), attempt, delay.as_secs()));
        });
    run(&policy, 2, busy).await.0.unwrap();
    assert_eq!(
        *reports.lock().unwrap(),
        [(ErrorKind::Server, 0, 1), (ErrorKind::Server, 1, 2)]
    );
}

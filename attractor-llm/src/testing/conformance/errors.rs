//! Trials: statuses and bodies of errors, and when to try again.

use std::time::Duration;

use serde_json::json;

use super::check::{Outcome, both_fail, ensure, ensure_eq, ensure_kind};
use super::{Harness, Trial};
use crate::error::ErrorKind;
use crate::testing::script::Turn;

const STATUSES: &[(u16, ErrorKind, bool)] = &[
    (400, ErrorKind::InvalidRequest, false),
    (401, ErrorKind::Authentication, false),
    (403, ErrorKind::AccessDenied, false),
    (404, ErrorKind::NotFound, false),
    (408, ErrorKind::RequestTimeout, false),
    (413, ErrorKind::ContextLength, false),
    (422, ErrorKind::InvalidRequest, false),
    (429, ErrorKind::RateLimit, true),
    (500, ErrorKind::Server, true),
    (503, ErrorKind::Server, true),
    (529, ErrorKind::Server, true),
];

pub(super) fn trials() -> Vec<Trial> {
    vec![
        Trial::new("each HTTP status is an error of its kind", |it| {
            Box::pin(statuses(it))
        }),
        Trial::new("an error carries what the provider said", |it| {
            Box::pin(details(it))
        }),
        Trial::new("Retry-After is read", |it| Box::pin(retry_after(it))),
        Trial::new("a used-up quota is told from a rate limit", |it| {
            Box::pin(quota(it))
        }),
        Trial::new("an overflowing context is told from a bad request", |it| {
            Box::pin(context_length(it))
        }),
        Trial::new("an error in the body of a success is an error", |it| {
            Box::pin(false_success(it, Turn::api_error(200, "for a reason")))
        }),
        Trial::new("a success that isn't the provider's is an error", |it| {
            Box::pin(false_success(
                it,
                Turn::http_error(200, "<html>Log in</html>"),
            ))
        }),
        Trial::new(
            "a body that isn't the provider's own is no obstacle",
            |it| Box::pin(foreign_bodies(it)),
        ),
    ]
}

async fn statuses(harness: &dyn Harness) -> Outcome {
    for &(status, kind, retryable) in STATUSES {
        both_fail(
            harness,
            Turn::api_error(status, "for a reason"),
            |_, error| {
                ensure_kind(error, kind)?;
                ensure_eq("the status", error.status_code(), Some(status))?;
                ensure_eq("whether it is retryable", error.is_retryable(), retryable)
            },
        )
        .await
        .map_err(|message| format!("{status}: {message}"))?;
    }
    Ok(())
}

async fn details(harness: &dyn Harness) -> Outcome {
    both_fail(
        harness,
        Turn::api_error(400, "the reason given"),
        |subject, error| {
            ensure_eq(
                "the provider",
                error.provider(),
                Some(subject.adapter().name()),
            )?;
            let text = error.to_string();
            ensure(text.contains("the reason given"), || {
                format!("{text:?} has lost the message")
            })?;
            ensure(error.raw().is_some(), || "the body is lost".to_owned())
        },
    )
    .await
}

async fn retry_after(harness: &dyn Harness) -> Outcome {
    let turn = Turn::api_error(429, "slow down").header("retry-after", "7");
    both_fail(harness, turn, |_, error| {
        ensure_kind(error, ErrorKind::RateLimit)?;
        ensure_eq(
            "the wait",
            error.retry_after(),
            Some(Duration::from_secs(7)),
        )
    })
    .await
}

async fn quota(harness: &dyn Harness) -> Outcome {
    let turn = Turn::api_error(429, "You exceeded your current quota, check your billing.");
    both_fail(harness, turn, |_, error| {
        ensure_kind(error, ErrorKind::QuotaExceeded)?;
        ensure(!error.is_retryable(), || format!("{error:?} is retryable"))
    })
    .await
}

async fn context_length(harness: &dyn Harness) -> Outcome {
    let turn = Turn::api_error(400, "the request exceeds the context length of the model");
    both_fail(harness, turn, |_, error| {
        ensure_kind(error, ErrorKind::ContextLength)
    })
    .await
}

async fn foreign_bodies(harness: &dyn Harness) -> Outcome {
    let bodies = [
        json!("<html>Bad Gateway</html>"),
        json!(""),
        json!([{"error": "x"}]),
        json!(null),
    ];
    for body in bodies {
        both_fail(harness, Turn::http_error(502, body.clone()), |_, error| {
            ensure_kind(error, ErrorKind::Server)?;
            ensure_eq("the status", error.status_code(), Some(502))
        })
        .await
        .map_err(|message| format!("body {body}: {message}"))?;
    }
    Ok(())
}

async fn false_success(harness: &dyn Harness, turn: Turn) -> Outcome {
    both_fail(harness, turn, |subject, error| {
        ensure_eq(
            "the provider",
            error.provider(),
            Some(subject.adapter().name()),
        )
    })
    .await
}

//! Figures for Prometheus.

use std::sync::atomic::AtomicI64;

use axum::extract::State;
use axum::http::StatusCode;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::limits::PENDING_QUESTIONS;
use super::respond::{self, Answer};
use crate::app::App;
use crate::domain::Error;

/// What the text is, as Prometheus asks for it.
const KIND: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Status = Vec<(String, String)>;
type Runs = Family<Status, Gauge<i64, AtomicI64>>;

/// Figures for Prometheus: runs by status, questions that wait, streams that are open.
#[utoipa::path(get, path = "/metrics", tag = "health", responses(
    (status = 200, content_type = "application/openmetrics-text", body = String),
))]
pub(super) async fn metrics(State(app): State<App>) -> Answer {
    let mut registry = Registry::with_prefix("attractor");
    let runs = Runs::default();
    registry.register("runs", "Runs by status", runs.clone());
    for (status, count) in app.store().count_runs().await? {
        let label = vec![("status".to_owned(), status.to_string())];
        runs.get_or_create(&label).set(count);
    }
    let questions = Gauge::<i64, AtomicI64>::default();
    registry.register(
        "questions_pending",
        "Questions that wait, at most 500",
        questions.clone(),
    );
    let pending = app
        .store()
        .pending_questions(None, PENDING_QUESTIONS)
        .await?;
    questions.set(i64::try_from(pending.len()).unwrap_or(i64::MAX));
    let streams = Gauge::<i64, AtomicI64>::default();
    registry.register(
        "event_streams",
        "Event streams that are open",
        streams.clone(),
    );
    let open = app.config().max_streams - app.streams().available_permits();
    streams.set(i64::try_from(open).unwrap_or(i64::MAX));
    let mut text = String::new();
    encode(&mut text, &registry)
        .map_err(|error| Error::internal("the figures can't be written").caused_by(error))?;
    Ok(respond::document(StatusCode::OK, KIND, text))
}

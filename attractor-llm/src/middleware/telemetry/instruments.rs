//! Where spans and metrics go.

use opentelemetry::InstrumentationScope;
use opentelemetry::global::{self, BoxedTracer};
use opentelemetry::metrics::{Histogram, Meter};

use super::semconv;

/// The tracer and the histograms.
#[derive(Debug)]
pub(super) struct Instruments {
    pub(super) tracer: BoxedTracer,
    pub(super) tokens: Histogram<u64>,
    pub(super) duration: Histogram<f64>,
    pub(super) first_chunk: Histogram<f64>,
}

impl Instruments {
    /// Those of the providers that the process has set.
    pub(super) fn of_the_process() -> Self {
        let scope = InstrumentationScope::builder(env!("CARGO_PKG_NAME"))
            .with_version(env!("CARGO_PKG_VERSION"))
            .with_schema_url(semconv::SCHEMA_URL)
            .build();
        let meter = global::meter_with_scope(scope.clone());
        Self {
            tracer: global::tracer_with_scope(scope),
            tokens: meter
                .u64_histogram(semconv::TOKEN_USAGE)
                .with_unit("{token}")
                .with_description("Number of input and output tokens used.")
                .with_boundaries(semconv::TOKEN_BUCKETS.to_vec())
                .build(),
            duration: seconds(
                &meter,
                semconv::OPERATION_DURATION,
                "GenAI operation duration.",
            ),
            first_chunk: seconds(
                &meter,
                semconv::TIME_TO_FIRST_CHUNK,
                "Time from the request to the first chunk of its stream.",
            ),
        }
    }
}

fn seconds(meter: &Meter, name: &'static str, description: &'static str) -> Histogram<f64> {
    meter
        .f64_histogram(name)
        .with_unit("s")
        .with_description(description)
        .with_boundaries(semconv::SECONDS_BUCKETS.to_vec())
        .build()
}

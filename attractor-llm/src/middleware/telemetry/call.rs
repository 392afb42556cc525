//! The span of one call.

use opentelemetry::metrics::Histogram;
use opentelemetry::trace::{SpanBuilder, SpanKind, Status, TraceContextExt as _};
use opentelemetry::{Array, Context, KeyValue, StringValue, Value};
use tokio::time::Instant;

use super::instruments::Instruments;
use super::{content, semconv};
use crate::error::Error;
use crate::middleware::response_cache::is_cached;
use crate::types::{Request, Response, ResponseFormat, Usage};

/// A call under way; ends its span at the latest when it is dropped.
pub(super) struct Call {
    tokens: Histogram<u64>,
    duration: Histogram<f64>,
    first_chunk: Histogram<f64>,
    context: Context,
    /// What all metrics of the call are counted by.
    dimensions: Vec<KeyValue>,
    begun: Instant,
    waits_for_chunk: bool,
    records_content: bool,
    is_over: bool,
}

impl Call {
    pub(super) fn begin(
        instruments: &Instruments,
        request: &Request,
        base_url: Option<&str>,
        is_stream: bool,
    ) -> Self {
        let provider = request.provider.as_deref().unwrap_or_default();
        let operation = semconv::operation(provider);
        let mut dimensions = vec![
            KeyValue::new(semconv::OPERATION_NAME, operation),
            KeyValue::new(
                semconv::PROVIDER_NAME,
                semconv::provider(provider).to_owned(),
            ),
            KeyValue::new(semconv::REQUEST_MODEL, request.model.clone()),
        ];
        if let Some((host, port)) = base_url.and_then(server) {
            dimensions.push(KeyValue::new(semconv::SERVER_ADDRESS, host.to_owned()));
            dimensions.push(KeyValue::new(semconv::SERVER_PORT, i64::from(port)));
        }
        let mut attributes = dimensions.clone();
        attributes.extend(parameters(request, is_stream));
        let span = SpanBuilder::from_name(format!("{operation} {}", request.model))
            .with_kind(SpanKind::Client)
            .with_attributes(attributes)
            .start(&instruments.tracer);
        Self {
            tokens: instruments.tokens.clone(),
            duration: instruments.duration.clone(),
            first_chunk: instruments.first_chunk.clone(),
            context: Context::current_with_span(span),
            dimensions,
            begun: Instant::now(),
            waits_for_chunk: is_stream,
            records_content: false,
            is_over: false,
        }
    }

    pub(super) fn recording_content(mut self, request: &Request) -> Self {
        self.records_content = true;
        self.context
            .span()
            .set_attributes(content::of_request(request));
        self
    }

    /// The context in which the rest of the call happens.
    pub(super) fn context(&self) -> Context {
        self.context.clone()
    }

    /// An event has arrived.
    pub(super) fn chunk(&mut self) {
        if !self.waits_for_chunk {
            return;
        }
        self.waits_for_chunk = false;
        let seconds = self.begun.elapsed().as_secs_f64();
        let attribute = KeyValue::new(semconv::RESPONSE_TIME_TO_FIRST_CHUNK, seconds);
        self.context.span().set_attribute(attribute);
        self.first_chunk.record(seconds, &self.dimensions);
    }

    pub(super) fn end(&mut self, result: Result<&Response, &Error>) {
        match result {
            Ok(response) => self.succeeded(response),
            Err(error) => {
                let kind = error.kind().to_string().replace(' ', "_");
                // A provider's words may repeat the prompt.
                let message = match self.records_content {
                    true => error.to_string(),
                    false => kind.clone(),
                };
                self.failed(kind, message);
            }
        }
    }

    fn succeeded(&mut self, response: &Response) {
        let span = self.context.span();
        span.set_attributes(outcome(response));
        span.set_attributes(usage(&response.usage));
        if self.records_content {
            span.set_attribute(content::of_response(response));
        }
        self.dimensions.push(KeyValue::new(
            semconv::RESPONSE_MODEL,
            response.model.clone(),
        ));
        // What the cache gave was counted when it was paid for.
        if !is_cached(response) {
            self.count("input", response.usage.total_input_tokens());
            self.count("output", output_tokens(&response.usage));
        }
        self.over();
    }

    fn failed(&mut self, kind: String, message: String) {
        let kind = KeyValue::new(semconv::ERROR_TYPE, kind);
        let span = self.context.span();
        span.set_attribute(kind.clone());
        span.set_status(Status::error(message));
        self.dimensions.push(kind);
        self.over();
    }

    fn count(&self, token_type: &'static str, tokens: u64) {
        let mut dimensions = self.dimensions.clone();
        dimensions.push(KeyValue::new(semconv::TOKEN_TYPE, token_type));
        self.tokens.record(tokens, &dimensions);
    }

    fn over(&mut self) {
        self.is_over = true;
        let seconds = self.begun.elapsed().as_secs_f64();
        self.duration.record(seconds, &self.dimensions);
        self.context.span().end();
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.is_over {
            self.failed("cancelled".to_owned(), "dropped before its end".to_owned());
        }
    }
}

fn parameters(request: &Request, is_stream: bool) -> Vec<KeyValue> {
    let output_type = request.response_format.as_ref().map(|format| match format {
        ResponseFormat::Text => "text",
        _ => "json",
    });
    let stop = (!request.stop_sequences.is_empty()).then(|| strings(&request.stop_sequences));
    [
        is_stream.then(|| KeyValue::new(semconv::REQUEST_STREAM, true)),
        output_type.map(|it| KeyValue::new(semconv::OUTPUT_TYPE, it)),
        request
            .max_tokens
            .map(|it| KeyValue::new(semconv::REQUEST_MAX_TOKENS, integer(it))),
        request
            .temperature
            .map(|it| KeyValue::new(semconv::REQUEST_TEMPERATURE, it)),
        request
            .top_p
            .map(|it| KeyValue::new(semconv::REQUEST_TOP_P, it)),
        stop.map(|it| KeyValue::new(semconv::REQUEST_STOP_SEQUENCES, it)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn outcome(response: &Response) -> Vec<KeyValue> {
    let reason = content::finish_reason(&response.finish_reason);
    let id =
        (!response.id.is_empty()).then(|| KeyValue::new(semconv::RESPONSE_ID, response.id.clone()));
    [
        KeyValue::new(semconv::RESPONSE_MODEL, response.model.clone()),
        KeyValue::new(semconv::RESPONSE_FINISH_REASONS, strings(&[reason])),
    ]
    .into_iter()
    .chain(id)
    .collect()
}

fn usage(usage: &Usage) -> Vec<KeyValue> {
    let counts = [
        (
            semconv::USAGE_INPUT_TOKENS,
            Some(usage.total_input_tokens()),
        ),
        (semconv::USAGE_OUTPUT_TOKENS, Some(output_tokens(usage))),
        (semconv::USAGE_CACHE_READ, usage.cache_read_tokens),
        (semconv::USAGE_CACHE_CREATION, usage.cache_write_tokens),
        (semconv::USAGE_REASONING, usage.reasoning_tokens),
    ];
    let counted = counts.into_iter();
    counted
        .filter_map(|(name, count)| Some(KeyValue::new(name, integer(count?))))
        .collect()
}

/// The answer's tokens with its reasoning, whether the provider counts that within or beside.
fn output_tokens(usage: &Usage) -> u64 {
    let beside = usage
        .total_tokens
        .saturating_sub(usage.total_input_tokens());
    usage.output_tokens.max(beside)
}

fn strings(texts: &[String]) -> Value {
    let texts = texts.iter().cloned().map(StringValue::from).collect();
    Value::Array(Array::String(texts))
}

fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Host and port of a base URL, without what may be secret in it.
fn server(base_url: &str) -> Option<(&str, u16)> {
    let (scheme, rest) = base_url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let port = if scheme.eq_ignore_ascii_case("http") {
        80
    } else {
        443
    };
    let found = match host.rsplit_once(':') {
        // The colons of an IPv6 address are within its brackets.
        Some((name, digits)) if !digits.contains(']') => (name, digits.parse().ok()?),
        _ => (host, port),
    };
    (!found.0.is_empty()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_named_without_path_or_credentials() {
        let cases = [
            (
                "https://api.anthropic.com",
                Some(("api.anthropic.com", 443)),
            ),
            ("http://127.0.0.1:8080/v1", Some(("127.0.0.1", 8080))),
            ("https://user:key@host:8443/v1?key=k", Some(("host", 8443))),
            ("http://[::1]/v1", Some(("[::1]", 80))),
            ("http://[::1]:81", Some(("[::1]", 81))),
            ("nonsense", None),
            ("http://", None),
        ];
        for (base_url, expected) in cases {
            assert_eq!(server(base_url), expected, "{base_url}");
        }
    }
}

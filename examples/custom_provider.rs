//! A provider of one's own: text in and out, whole and streamed, and the suite that shows that it
//! keeps the contract. The service is scripted and on loopback.

#![expect(clippy::print_stdout, reason = "an example prints what it shows")]

use std::sync::Arc;

use attractor_llm::provider::http::{
    HttpHeader, HttpReply, HttpRequest, HttpTransport, Transport, reported_error,
};
use attractor_llm::testing::conformance::{self, OverHttp};
use attractor_llm::{
    Capabilities, ContentPart, Error, EventStream, FinishReason, FinishReasonKind, Message,
    OtherData, ProviderAdapter, Request, Response, Role, StreamEvent, Usage, async_trait,
};
use serde_json::{Value, json};

const NAME: &str = "acme";

#[derive(Debug)]
struct Acme(String, HttpTransport);

impl Acme {
    async fn post(&self, request: &Request, stream: bool) -> Result<HttpReply, Error> {
        let turn = |it: &Message| json!({"role": it.role, "content": it.text()});
        let input: Vec<_> = request.messages.iter().map(turn).collect();
        let body = json!({"model": request.model, "input": input, "stream": stream});
        let key = vec![HttpHeader::sensitive("authorization", "Bearer key")];
        let url = format!("{}/v1/responses", self.0);
        let post = HttpRequest::json(url, key, body.to_string());
        self.1.post(post).await
    }
}

#[async_trait]
impl ProviderAdapter for Acme {
    fn name(&self) -> &str {
        NAME
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::text_only()
    }

    async fn complete(&self, request: Request) -> Result<Response, Error> {
        response(self.post(&request, false).await?.json(NAME).await?)
    }

    async fn stream(&self, request: Request) -> Result<EventStream, Error> {
        self.post(&request, true).await?.stream(NAME, events).await
    }
}

/// What an event of the service means.
fn events(event: Value) -> Result<Vec<StreamEvent>, Error> {
    let (at, begun) = (|key: &str| text(&event[key]), &event["response"]);
    let text_id = at("item_id");
    Ok(vec![match event["type"].as_str().unwrap_or_default() {
        "response.created" => {
            StreamEvent::stream_start(NAME, text(&begun["id"]), text(&begun["model"]))
        }
        "response.content_part.added" => StreamEvent::TextStart { text_id },
        "response.output_text.delta" => StreamEvent::text_delta(text_id, at("delta")),
        "response.output_text.done" => StreamEvent::text_end(text_id, at("text")),
        "response.completed" | "response.incomplete" => {
            StreamEvent::finish(response(begun.clone())?)
        }
        "error" | "response.failed" => return Err(reported_error(NAME, event)),
        _ => StreamEvent::provider_event(NAME, event),
    }])
}

/// The service's answer in the unified form.
fn response(body: Value) -> Result<Response, Error> {
    let Some(items) = body["output"].as_array() else {
        return Err(reported_error(NAME, body));
    };
    let part = |item: &Value| match text(&item["type"]).as_str() {
        "message" => ContentPart::text(text(&item["content"][0]["text"])),
        kind => ContentPart::Other(OtherData::new(kind, NAME, item.clone())),
    };
    let message = Message::new(Role::Assistant, items.iter().map(part).collect());
    let reason = body["incomplete_details"]["reason"].as_str();
    let kind = match reason {
        None => FinishReasonKind::Stop,
        Some("max_output_tokens") => FinishReasonKind::Length,
        Some("content_filter") => FinishReasonKind::ContentFilter,
        Some(_) => FinishReasonKind::Other,
    };
    let reason = FinishReason::new(kind, reason.unwrap_or("completed"));
    let tokens = |name: &str| body["usage"][name].as_u64().unwrap_or_default();
    let usage = Usage::new(tokens("input_tokens"), tokens("output_tokens"));
    let response = Response::new(NAME, text(&body["model"]), message, reason);
    Ok(response.id(text(&body["id"])).usage(usage))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[tokio::main]
async fn main() {
    let harness = OverHttp::new(|base_url| {
        let adapter = Acme(base_url.to_owned(), HttpTransport::default());
        Ok(Arc::new(adapter) as Arc<dyn ProviderAdapter>)
    });
    let report = conformance::run(&harness).await;
    println!("{report}");
    assert!(report.is_success());
}

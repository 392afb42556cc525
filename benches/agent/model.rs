//! A model and a tool in process, and a session of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use attractor_agent::{
    AnthropicProfile, Error, LocalEnvironment, Session, SessionConfig, Tool, ToolContext,
    ToolOutput,
};
use attractor_llm::{
    Capabilities, Client, ContentPart, EventStream, FinishReasonKind, Message, ProviderAdapter,
    Request, Response, Role, StreamEvent, ToolCallData, Usage,
};
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};

/// A model in process that calls a tool `rounds` times for each input, then answers.
#[derive(Debug)]
struct Model {
    rounds: Arc<AtomicUsize>,
}

impl Model {
    fn answer(&self, request: Request) -> Response {
        drop(request);
        let left = self.rounds.load(Ordering::Relaxed);
        let text = ContentPart::text("I look at the next file and see what it says about it.");
        let mut content = vec![text];
        let mut reason = FinishReasonKind::Stop;
        if left > 0 {
            self.rounds.store(left - 1, Ordering::Relaxed);
            let arguments = json!({"file_path": "src/session/turn_loop.rs", "offset": left});
            let call = ToolCallData::new(format!("call_{left}"), "look", arguments);
            content.push(ContentPart::ToolCall(call));
            reason = FinishReasonKind::ToolCalls;
        }
        let message = Message::new(Role::Assistant, content);
        Response::new("anthropic", "claude-opus-4-6", message, reason).usage(Usage::new(1_000, 50))
    }
}

#[async_trait]
impl ProviderAdapter for Model {
    fn name(&self) -> &str {
        "anthropic"
    }

    async fn complete(&self, request: Request) -> Result<Response, attractor_llm::Error> {
        Ok(self.answer(request))
    }

    async fn stream(&self, request: Request) -> Result<EventStream, attractor_llm::Error> {
        let response = self.answer(request);
        let events = [StreamEvent::finish(response)];
        Ok(stream::iter(events.map(Ok)).boxed())
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::all()
    }
}

/// Answers with a page of text, a new one each time.
#[derive(Debug)]
struct Look;

#[async_trait]
impl Tool for Look {
    fn name(&self) -> &str {
        "look"
    }

    fn description(&self) -> &str {
        "Looks."
    }

    fn parameters(&self) -> Value {
        json!({"type": "object"})
    }

    async fn execute(&self, arguments: Value, _: &ToolContext) -> Result<ToolOutput, Error> {
        let line = format!("{} | some line of source text\n", arguments["offset"]);
        Ok(ToolOutput::text(line.repeat(40)))
    }
}

/// A session that hasn't asked yet, and how many calls its model makes before it answers.
pub(crate) fn session() -> (Session, Arc<AtomicUsize>) {
    let rounds = Arc::new(AtomicUsize::new(0));
    let model = Model {
        rounds: Arc::clone(&rounds),
    };
    let client = Client::builder().provider(model).build().unwrap();
    let profile = AnthropicProfile::new("claude-opus-4-6");
    let environment = LocalEnvironment::new(std::env::temp_dir()).unwrap();
    let config = SessionConfig::new();
    let mut session = Session::new(client, Arc::new(profile), Arc::new(environment), config);
    session.register_tool(Arc::new(Look)).unwrap();
    (session, rounds)
}

/// The same after its model has answered as often.
pub(crate) async fn session_at(turns: usize) -> (Session, Arc<AtomicUsize>) {
    let (mut session, rounds) = session();
    rounds.store(turns - 1, Ordering::Relaxed);
    session.submit("Read everything.").await.unwrap();
    assert_eq!(session.budget().spent().turns, turns as u64);
    (session, rounds)
}

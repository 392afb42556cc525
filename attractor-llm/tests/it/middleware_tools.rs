//! Middleware around the execution of tools.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use attractor_llm::testing::{Script, ScriptedProvider, Turn};
use attractor_llm::{
    Client, GenerateResult, Middleware, NextTool, Tool, ToolCall, ToolResult, async_trait, generate,
};
use serde_json::json;

/// Writes down the calls that it sees, changes results, and keeps one tool from being executed.
#[derive(Debug)]
struct Censor(&'static str, Arc<Mutex<Vec<String>>>);

#[async_trait]
impl Middleware for Censor {
    async fn execute_tool(&self, call: &ToolCall, next: NextTool<'_>) -> ToolResult {
        let note = format!("{} {}", self.0, call.arguments["n"]);
        self.1.lock().unwrap().push(note);
        if call.name == "kept" {
            return ToolResult::new(&call.id, "not today", true);
        }
        let mut result = next.execute().await;
        result.content = format!("{} {}", self.0, result.content.as_str().unwrap()).into();
        result
    }
}

async fn run(turn: Turn) -> (GenerateResult, Vec<String>, usize) {
    let notes = Arc::default();
    let script = Script::new().turn(turn).turn(Turn::text("done"));
    let builder = Client::builder()
        .provider(ScriptedProvider::new(script))
        .middleware(Censor("outer", Arc::clone(&notes)))
        .middleware(Censor("inner", Arc::clone(&notes)));
    let executed = Arc::new(AtomicUsize::new(0));
    let tool = |name: &str| {
        let executed = Arc::clone(&executed);
        let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}});
        let execute = move |_, _| {
            executed.fetch_add(1, Ordering::Relaxed);
            async { "said" }
        };
        Tool::new(name, "", schema, execute).unwrap()
    };
    let result = generate("m")
        .client(&builder.build().unwrap())
        .prompt("go")
        .tools([tool("used"), tool("kept")])
        .repair_tool_call(|_, _| async { Some(json!({"n": 7})) })
        .await;
    let notes = notes.lock().unwrap().clone();
    (result.unwrap(), notes, executed.load(Ordering::Relaxed))
}

#[tokio::test]
async fn middleware_wraps_a_tool_like_an_onion_with_the_arguments_that_it_gets() {
    let (result, notes, executed) = run(Turn::tool_call("used", json!({"n": "no number"}))).await;
    assert_eq!(notes, ["outer 7", "inner 7"]);
    assert_eq!(result.steps[0].tool_results[0].content, "outer inner said");
    assert_eq!(executed, 1);
}

#[tokio::test]
async fn middleware_may_answer_in_place_of_a_tool() {
    let (result, notes, executed) = run(Turn::tool_call("kept", json!({"n": 1}))).await;
    assert_eq!((notes, executed), (vec!["outer 1".to_owned()], 0));
    let answer = &result.steps[0].tool_results[0];
    assert_eq!(
        (answer.content.as_str(), answer.is_error),
        (Some("not today"), true)
    );
}

#[tokio::test]
async fn calls_that_are_refused_before_reach_no_middleware() {
    let (result, notes, executed) = run(Turn::tool_call("unknown", json!({}))).await;
    assert!(notes.is_empty() && executed == 0);
    assert!(result.steps[0].tool_results[0].is_error);
}

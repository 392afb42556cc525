//! The three providers side by side, each over its own protocol.

use attractor_agent::{
    EventKind, Session, SessionConfig, SessionEvents, check_history, profile_for,
};
use attractor_llm::{
    AnthropicAdapter, Client, GeminiAdapter, OpenAiAdapter,
    testing::{Script, ScriptedServer, Turn as Say},
};
use serde_json::{Value, json};

use crate::support::{Workspace, blocks, fast_retry, without_cache_marks};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Provider {
    OpenAi,
    Anthropic,
    Gemini,
}

impl Provider {
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
        }
    }

    pub(crate) fn model(self) -> &'static str {
        match self {
            Self::OpenAi => "gpt-5.3-codex",
            Self::Anthropic => "claude-opus-4-6",
            Self::Gemini => "gemini-3.1-pro-preview",
        }
    }

    /// A client whose only provider this is, as the scripted server.
    pub(crate) fn client(self, server: &ScriptedServer) -> Client {
        let url = server.base_url();
        let client = Client::builder();
        let client = match self {
            Self::OpenAi => {
                client.provider(OpenAiAdapter::builder("k").base_url(url).build().unwrap())
            }
            Self::Anthropic => client.provider(
                AnthropicAdapter::builder("k")
                    .base_url(url)
                    .build()
                    .unwrap(),
            ),
            Self::Gemini => {
                client.provider(GeminiAdapter::builder("k").base_url(url).build().unwrap())
            }
        };
        client.build().unwrap()
    }

    /// The call by which its models change a line of a file.
    pub(crate) fn edit(self, file: &str, old: &str, new: &str) -> Say {
        match self {
            Self::OpenAi => {
                let patch = format!(
                    "*** Begin Patch\n*** Update File: {file}\n@@\n-{old}\n+{new}\n*** End Patch"
                );
                Say::tool_call("apply_patch", json!({"patch": patch}))
            }
            Self::Anthropic | Self::Gemini => Say::tool_call(
                "edit_file",
                json!({"file_path": file, "old_string": old, "new_string": new}),
            ),
        }
    }

    /// The call by which its models create a file of one line.
    pub(crate) fn create(self, file: &str, line: &str) -> Say {
        match self {
            Self::OpenAi => {
                let patch =
                    format!("*** Begin Patch\n*** Add File: {file}\n+{line}\n*** End Patch");
                Say::tool_call("apply_patch", json!({"patch": patch}))
            }
            Self::Anthropic | Self::Gemini => Say::tool_call(
                "write_file",
                json!({"file_path": file, "content": format!("{line}\n")}),
            ),
        }
    }

    /// The reasoning effort in a request.
    pub(crate) fn effort(self, request: &Value) -> Option<&str> {
        let path = match self {
            Self::OpenAi => "/reasoning/effort",
            Self::Anthropic => "/output_config/effort",
            Self::Gemini => "/generationConfig/thinkingConfig/thinkingLevel",
        };
        request.pointer(path).and_then(Value::as_str)
    }

    /// The names of the tools in a request.
    pub(crate) fn tools(self, request: &Value) -> Vec<&str> {
        let tools = match self {
            Self::OpenAi | Self::Anthropic => &request["tools"],
            Self::Gemini => &request["tools"][0]["functionDeclarations"],
        };
        let names = tools.as_array().unwrap().iter();
        names.map(|tool| tool["name"].as_str().unwrap()).collect()
    }

    /// The pieces of the conversation in a request, whatever messages they are grouped into.
    fn pieces(self, request: &Value) -> Vec<(String, Value)> {
        let of = |content: &Value, list: &str| {
            let role = content["role"].as_str().unwrap_or("none").to_owned();
            let parts = content[list].as_array().unwrap().iter();
            parts
                .map(move |part| (role.clone(), part.clone()))
                .collect::<Vec<_>>()
        };
        match self {
            Self::Anthropic => blocks(request),
            Self::OpenAi => of(request, "input"),
            Self::Gemini => {
                let contents = request["contents"].as_array().unwrap().iter();
                contents.flat_map(|content| of(content, "parts")).collect()
            }
        }
    }

    /// The results of tool calls in a request, as text.
    fn results(self, request: &Value) -> Vec<String> {
        let result = |piece: &Value| {
            match self {
                Self::OpenAi => (piece["type"] == "function_call_output").then(|| &piece["output"]),
                Self::Anthropic => (piece["type"] == "tool_result").then(|| &piece["content"]),
                Self::Gemini => piece.pointer("/functionResponse/response"),
            }
            .map(Value::to_string)
        };
        let pieces = self.pieces(request);
        pieces
            .iter()
            .filter_map(|(_, piece)| result(piece))
            .collect()
    }
}

/// A session with a provider's profile, over loopback HTTP, in a directory of its own.
pub(crate) struct Task {
    pub(crate) provider: Provider,
    pub(crate) session: Session,
    pub(crate) server: ScriptedServer,
    pub(crate) workspace: Workspace,
    events: SessionEvents,
}

impl Task {
    pub(crate) async fn new(provider: Provider, script: Script) -> Self {
        Self::with(provider, script, SessionConfig::new()).await
    }

    pub(crate) async fn with(provider: Provider, script: Script, config: SessionConfig) -> Self {
        let server = ScriptedServer::start(script).await.unwrap();
        let workspace = Workspace::new();
        let session = Session::new(
            provider.client(&server),
            profile_for(provider.id(), provider.model()).unwrap(),
            workspace.environment.clone(),
            config.retry(fast_retry()),
        );
        Self {
            provider,
            events: session.events(),
            session,
            server,
            workspace,
        }
    }

    /// Submits an input and checks what is true after anything.
    pub(crate) async fn submit(&mut self, input: &str) -> String {
        let done = self.session.submit(input).await.unwrap();
        self.check();
        done.text
    }

    /// The history is one that providers take, the server took and answered every request, and each
    /// extends the one before.
    pub(crate) fn check(&self) {
        check_history(&self.session.messages()).unwrap();
        assert_eq!(self.server.unmatched(), Vec::<String>::new());
        for pair in self.requests().windows(2) {
            let (before, after) = (
                self.provider.pieces(&pair[0]),
                self.provider.pieces(&pair[1]),
            );
            // A subagent's conversation is another one.
            if before.first() == after.first() {
                assert_eq!(before, after[..before.len()]);
            }
        }
    }

    pub(crate) fn requests(&self) -> Vec<Value> {
        let requests = self.server.requests().into_iter();
        requests
            .map(|request| without_cache_marks(request.body))
            .collect()
    }

    /// The results in the latest request.
    pub(crate) fn results(&self) -> Vec<String> {
        self.provider.results(self.requests().last().unwrap())
    }

    pub(crate) fn read(&self, file: &str) -> String {
        String::from_utf8(self.workspace.read(file)).unwrap()
    }

    /// The events since the last time.
    pub(crate) fn events(&mut self) -> Vec<EventKind> {
        std::iter::from_fn(|| self.events.try_next())
            .map(|event| event.kind)
            .collect()
    }

    /// The tool calls that have ended since the last time.
    pub(crate) fn calls(&mut self) -> Vec<Call> {
        calls(&mut self.events)
    }
}

/// A tool call that has ended, with its whole output.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) tool: String,
    pub(crate) output: String,
    pub(crate) is_error: bool,
}

/// The calls among the events that are there.
pub(crate) fn calls(events: &mut SessionEvents) -> Vec<Call> {
    let events = std::iter::from_fn(|| events.try_next());
    let ends = events.filter_map(|event| match event.kind {
        EventKind::ToolCallEnd {
            tool_name,
            output,
            is_error,
            ..
        } => Some(Call {
            tool: tool_name,
            output: output.to_string(),
            is_error,
        }),
        _ => None,
    });
    ends.collect()
}

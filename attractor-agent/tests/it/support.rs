//! What several test modules share.

use std::{
    path::Path,
    sync::{Arc, OnceLock},
    time::Duration,
};

use attractor_agent::{
    EventKind, ExecCommand, ExecResult, ExecutionEnvironment, LocalEnvironment, ProviderProfile,
    Session, SessionConfig, SessionEvents, check_history, profile_for, testing::check_requests,
};
use attractor_llm::{
    AnthropicAdapter, Client, RetryPolicy,
    testing::{Script, ScriptedServer},
};
use serde_json::Value;
use tempfile::TempDir;

/// What takes a fraction of a second on an idle machine is over in this on a busy one, and what waits
/// for something isn't.
pub(crate) const PROMPTLY: Duration = Duration::from_secs(5);

/// A temporary directory with a local environment in it.
pub(crate) struct Workspace {
    pub(crate) environment: Arc<dyn ExecutionEnvironment>,
    directory: TempDir,
}

impl Workspace {
    pub(crate) fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let environment = Arc::new(LocalEnvironment::new(directory.path()).unwrap());
        Self {
            environment,
            directory,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path().join(name)).unwrap()
    }

    pub(crate) async fn run(&self, command: &str) -> ExecResult {
        let command = ExecCommand::new(command, Duration::from_secs(20));
        self.environment.exec_command(command).await.unwrap()
    }
}

/// The model that the scripts speak for.
pub(crate) const MODEL: &str = "claude-opus-4-6";

/// A session that talks over loopback HTTP to a scripted model, in its own workspace.
pub(crate) struct Agent {
    pub(crate) session: Session,
    pub(crate) server: ScriptedServer,
    pub(crate) workspace: Workspace,
    /// Whether all requests belong together, so that each begins with the one before it.
    pub(crate) is_one_conversation: bool,
    events: SessionEvents,
}

impl Agent {
    pub(crate) async fn new(script: Script) -> Self {
        Self::with(script, SessionConfig::new()).await
    }

    pub(crate) async fn with(script: Script, config: SessionConfig) -> Self {
        let server = ScriptedServer::start(script).await.unwrap();
        let workspace = Workspace::new();
        let session = Session::new(
            client(&server),
            profile(),
            workspace.environment.clone(),
            config.retry(fast_retry()),
        );
        let events = session.events();
        Self {
            session,
            server,
            workspace,
            is_one_conversation: true,
            events,
        }
    }

    /// The events so far.
    pub(crate) fn events(&mut self) -> Vec<EventKind> {
        std::iter::from_fn(|| self.events.try_next())
            .map(|event| event.kind)
            .collect()
    }

    /// The names of the events so far, deltas left out.
    pub(crate) fn event_names(&mut self) -> Vec<String> {
        let kinds = self.events().into_iter().filter(|kind| !kind.is_delta());
        kinds
            .map(|kind| {
                serde_json::to_value(kind).unwrap()["kind"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .collect()
    }

    /// The bodies of the requests so far, without the marks that steer the provider's cache.
    pub(crate) fn requests(&self) -> Vec<Value> {
        self.server
            .requests()
            .into_iter()
            .map(|request| without_cache_marks(request.body))
            .collect()
    }

    /// What is true after anything: the history is one that providers take, every request was
    /// answered by the script, and each request was well-formed and began with the one before it.
    pub(crate) fn check(&self) {
        check_history(&self.session.messages()).unwrap();
        assert_eq!(self.server.unmatched(), Vec::<String>::new());
        check_requests(&self.server.requests()).unwrap();
    }
}

impl Drop for Agent {
    /// Every request of every test is checked.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            check_history(&self.session.messages()).unwrap();
            let requests = self.server.requests();
            let together = if self.is_one_conversation {
                requests.len()
            } else {
                1
            };
            for requests in requests.chunks(together.max(1)) {
                check_requests(requests).unwrap();
            }
        }
    }
}

/// The profile of the scripts' model, made once: its schemas are compiled.
pub(crate) fn profile() -> Arc<dyn ProviderProfile> {
    static PROFILE: OnceLock<Arc<dyn ProviderProfile>> = OnceLock::new();
    let profile = PROFILE.get_or_init(|| profile_for("anthropic", MODEL).unwrap());
    Arc::clone(profile)
}

/// A client whose only provider is the scripted server.
pub(crate) fn client(server: &ScriptedServer) -> Client {
    client_at(&server.base_url())
}

/// The same for a server of which only the address is known.
pub(crate) fn client_at(base_url: &str) -> Client {
    let adapter = AnthropicAdapter::builder("test-key")
        .base_url(base_url)
        .build()
        .unwrap();
    Client::builder().provider(adapter).build().unwrap()
}

pub(crate) fn fast_retry() -> RetryPolicy {
    RetryPolicy::default()
        .base_delay(Duration::from_millis(1))
        .jitter(false)
}

/// The content blocks of a request with their roles, whatever messages they are grouped into.
pub(crate) fn blocks(request: &Value) -> Vec<(String, Value)> {
    let messages = request["messages"].as_array().unwrap();
    let each = |message: &Value| {
        let role = message["role"].as_str().unwrap().to_owned();
        let content = match &message["content"] {
            Value::Array(blocks) => blocks.clone(),
            text => vec![serde_json::json!({"type": "text", "text": text})],
        };
        content
            .into_iter()
            .map(move |block| (role.clone(), block))
            .collect::<Vec<_>>()
    };
    messages.iter().flat_map(each).collect()
}

/// The texts of the tool results in a request.
pub(crate) fn tool_results(request: &Value) -> Vec<String> {
    let results = blocks(request)
        .into_iter()
        .filter(|(_, block)| block["type"] == "tool_result");
    results
        .map(|(_, block)| block["content"].to_string())
        .collect()
}

pub(crate) fn without_cache_marks(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(name, _)| name != "cache_control")
            .map(|(name, value)| (name, without_cache_marks(value)))
            .collect(),
        Value::Array(items) => items.into_iter().map(without_cache_marks).collect(),
        other => other,
    }
}

/// Whether a process runs.
pub(crate) fn is_alive(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

/// The kernel needs a moment to end a killed process.
pub(crate) fn assert_gone(pid: &str) {
    let gone = (0..100_000).any(|_| {
        std::thread::yield_now();
        !is_alive(pid)
    });
    assert!(gone, "process {pid} still runs");
}

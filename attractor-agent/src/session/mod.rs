//! A conversation with a model that uses tools until the work is done.

mod budget;
mod check;
mod config;
mod context_window;
mod deltas;
mod guard;
mod handle;
mod history;
mod loop_detection;
mod model_call;
mod model_change;
mod prompts;
mod provider_warnings;
mod question;
mod record;
mod resume;
mod schedule;
mod state;
mod submission;
mod tool_round;
mod turn;
mod turn_loop;

use std::sync::Arc;

use attractor_llm::{Client, Message};
use tokio_util::sync::CancellationToken;

pub(crate) use self::handle::Shared;
pub use self::{
    budget::{Budget, BudgetLimits, Spent},
    check::{check_extends, check_history},
    config::SessionConfig,
    guard::SessionGuard,
    handle::SessionHandle,
    state::SessionState,
    submission::{StopReason, Submission},
    turn::{AssistantTurn, Turn},
};
use self::{
    context_window::ContextWatch, history::History, loop_detection::LoopDetector, prompts::Prompts,
    provider_warnings::ProviderWarnings,
};
use crate::{
    environment::ExecutionEnvironment,
    error::Error,
    event::{EventKind, SessionEvents},
    profile::ProviderProfile,
    subagent::Parent,
    tool::{OutputLimits, Tool, ToolRegistry},
    whole_work::WholeWork,
};

/// The agent loop with its state (coding-agent-loop-spec 2.1).
///
/// [`submit`](Self::submit) runs in the caller's task; a [`handle`](Self::handle) steers, aborts
/// and watches from elsewhere. A dropped `submit` ends what was running, and the session can go
/// on with the next input.
///
/// The system prompt and the tools are fixed when a model is first asked and the history only
/// grows, so that every request begins with the one before it and providers can cache it.
///
/// [`record_to`](Self::record_to) writes the conversation to a file as it happens,
/// [`resume`](Self::resume) goes on with one, and [`fork_at`](Self::fork_at) goes another way from
/// any turn.
#[derive(Debug)]
pub struct Session {
    shared: Arc<Shared>,
    client: Client,
    profile: Arc<dyn ProviderProfile>,
    environment: Arc<dyn ExecutionEnvironment>,
    config: SessionConfig,
    tools: ToolRegistry,
    /// The tools that the host has added to those of the profile.
    host_tools: Vec<HostTool>,
    prompts: Prompts,
    is_started: bool,
    /// The session that this one is a fork of.
    parent: Option<record::Parent>,
    /// What the session's file says was spent.
    noted: Spent,
    history: History,
    loops: LoopDetector,
    context: ContextWatch,
    cost_is_known: bool,
    provider_warnings: ProviderWarnings,
    /// What a call that was dropped has left to be done to its end.
    whole_work: WholeWork,
    /// How deep it is nested: 0, or one more than the session whose subagent it is.
    depth: u32,
}

/// A tool that the host has added to those of the profile.
#[derive(Debug, Clone)]
pub(crate) struct HostTool {
    tool: Arc<dyn Tool>,
    /// Whether subagents have it as well.
    is_inherited: bool,
}

impl Session {
    /// A session that hasn't sent anything yet.
    #[must_use]
    pub fn new(
        client: Client,
        profile: Arc<dyn ProviderProfile>,
        environment: Arc<dyn ExecutionEnvironment>,
        config: SessionConfig,
    ) -> Self {
        let abort = CancellationToken::new();
        Self::with_abort(client, profile, environment, config, abort)
    }

    /// A subagent's session, with what its parent's host has added: whatever aborts the parent aborts
    /// it.
    pub(crate) fn nested(
        parent: &Parent,
        profile: Arc<dyn ProviderProfile>,
        environment: Arc<dyn ExecutionEnvironment>,
        config: SessionConfig,
    ) -> Result<Self, Error> {
        let abort = parent.shared.abort.child_token();
        let client = parent.client.clone();
        let mut session = Self::with_abort(client, profile, environment, config, abort);
        session.depth = parent.depth + 1;
        for tool in &parent.host_tools {
            session.add_tool(tool.clone())?;
        }
        Ok(session)
    }

    fn with_abort(
        client: Client,
        profile: Arc<dyn ProviderProfile>,
        environment: Arc<dyn ExecutionEnvironment>,
        mut config: SessionConfig,
        abort: CancellationToken,
    ) -> Self {
        config.budget = config.budget.child(BudgetLimits::new());
        let id: Arc<str> = new_id().into();
        let effort = config.reasoning_effort.clone();
        Self {
            shared: Arc::new(Shared::new(id, effort, abort)),
            client,
            environment,
            tools: profile.tools(),
            host_tools: Vec::new(),
            prompts: Prompts::default(),
            is_started: false,
            parent: None,
            noted: Spent::default(),
            history: History::default(),
            loops: LoopDetector::new(config.loop_detection_window),
            context: ContextWatch::new(profile.context_window_size()),
            cost_is_known: true,
            provider_warnings: ProviderWarnings::default(),
            whole_work: WholeWork::default(),
            depth: 0,
            profile,
            config,
        }
    }

    /// Adds a tool to those of the profile, or replaces the one of the same name. The session's
    /// subagents have it, too, and call the same value at the same time.
    ///
    /// # Errors
    /// `Configuration` for a name or schema that providers don't accept, or after the first input.
    pub fn register_tool(&mut self, tool: Arc<dyn Tool>) -> Result<(), Error> {
        let is_inherited = true;
        self.add_tool(HostTool { tool, is_inherited })
    }

    /// As [`register_tool`](Self::register_tool), for this session only: its subagents have the
    /// profile's tool of that name, if there is one.
    ///
    /// # Errors
    /// As [`register_tool`](Self::register_tool).
    pub fn register_own_tool(&mut self, tool: Arc<dyn Tool>) -> Result<(), Error> {
        let is_inherited = false;
        self.add_tool(HostTool { tool, is_inherited })
    }

    fn add_tool(&mut self, added: HostTool) -> Result<(), Error> {
        if self.is_started {
            return Err(Error::new(
                crate::ErrorKind::Configuration,
                "the session's tools are fixed with its first input",
            ));
        }
        self.tools.register(Arc::clone(&added.tool))?;
        let name = added.tool.name();
        self.host_tools.retain(|tool| tool.tool.name() != name);
        self.host_tools.push(added);
        Ok(())
    }

    /// The session's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.shared.id
    }

    /// The session's state.
    #[must_use]
    pub fn state(&self) -> SessionState {
        self.shared.state()
    }

    /// A handle for other tasks.
    #[must_use]
    pub fn handle(&self) -> SessionHandle {
        SessionHandle(Arc::clone(&self.shared))
    }

    /// The events from now on; none after the session's end.
    #[must_use]
    pub fn events(&self) -> SessionEvents {
        self.shared.bus.subscribe()
    }

    /// The conversation so far.
    #[must_use]
    pub fn history(&self) -> &[Turn] {
        self.history.turns()
    }

    /// The conversation as the next request would carry it, without the system message; always
    /// one that [`check_history`] accepts.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        self.history.messages(Message::system("")).split_off(1)
    }

    /// The session's own account: what it and its subagents have spent, and a budget to take more
    /// from.
    #[must_use]
    pub fn budget(&self) -> &Budget {
        &self.config.budget
    }

    /// Changes settings between two inputs; what belongs to the system prompt stays as it was.
    pub fn configure(&mut self, change: impl FnOnce(&mut SessionConfig)) {
        let effort = self.config.reasoning_effort.clone();
        change(&mut self.config);
        if self.config.reasoning_effort != effort {
            self.shared
                .set_reasoning_effort(self.config.reasoning_effort.clone());
        }
    }

    /// Sets who watches the session from now on, or that nobody does.
    pub fn set_guard(&mut self, guard: Option<Arc<dyn SessionGuard>>) {
        self.shared.bus.set_guard(guard);
    }

    /// Ends the subagents, and waits until what they run has ended; the session can go on.
    pub async fn close_subagents(&self) {
        self.shared
            .end_subagents("it was closed before it was done");
        self.shared.subagents.wait_until_gone().await;
    }

    /// Ends the session, and the commands that go on between its calls.
    pub fn close(&mut self) {
        self.shared.abort.cancel();
        self.shared.end("closed");
    }

    /// Whether the model takes a reasoning effort.
    #[cfg(feature = "pipeline")]
    pub(crate) fn supports_reasoning(&self) -> bool {
        self.profile.supports_reasoning()
    }

    /// Makes the session ready before its first input.
    async fn start(&mut self) -> Result<(), Error> {
        if self.is_started {
            return Ok(());
        }
        self.environment.initialize().await?;
        self.offer_subagents()?;
        self.forget_subagents();
        self.change_model().await?;
        self.emit(EventKind::SessionStart {
            provider: self.profile.id().to_owned(),
            model: self.profile.model().to_owned(),
        });
        self.is_started = true;
        Ok(())
    }

    /// Subagents of an earlier life, before the session was resumed or forked, are gone: their ids
    /// aren't used again.
    fn forget_subagents(&self) {
        let spawn = self.profile.subagent_tools().spawn_agent.name;
        let answers = self.history.turns().iter().filter_map(|turn| match turn {
            Turn::Assistant(answer) => Some(answer.tool_calls()),
            _ => None,
        });
        let spawned = answers.flatten().filter(|call| call.name == spawn);
        let last = u32::try_from(spawned.count()).unwrap_or(u32::MAX / 2);
        self.shared.subagents.resume_after(last);
    }

    /// What a subagent that starts now has from this session; nothing where it may have none.
    fn as_parent(&self) -> Option<Arc<Parent>> {
        (self.depth < self.config.max_subagent_depth).then(|| {
            Arc::new(Parent {
                shared: Arc::clone(&self.shared),
                client: self.client.clone(),
                profile: Arc::clone(&self.profile),
                environment: Arc::clone(&self.environment),
                config: self.config.clone(),
                host_tools: self.inherited_tools(),
                depth: self.depth,
            })
        })
    }

    fn inherited_tools(&self) -> Vec<HostTool> {
        let tools = self.host_tools.iter().filter(|tool| tool.is_inherited);
        tools.cloned().collect()
    }

    fn emit(&self, kind: EventKind) {
        self.shared.bus.emit(kind);
    }

    fn output_limits(&self) -> OutputLimits {
        OutputLimits {
            chars: self.config.tool_output_limits.clone(),
            lines: self.config.tool_line_limits.clone(),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.shared.end("dropped");
        self.shared.subagents.abort_tasks();
    }
}

/// A random UUID (version 4).
fn new_id() -> String {
    let random = rand::random::<u128>();
    let bits = (random & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ]
    .join("-")
}

//! How a subagent's session is made from its parent's.

use std::sync::Arc;

use attractor_llm::Client;
use tokio::sync::oneshot;

use super::{
    SubagentLimits,
    activity::Activity,
    agent::Agent,
    end::end,
    guard::ChildGuard,
    model, place,
    roster::{Reservation, Subagents},
    run,
};
use crate::{
    environment::ExecutionEnvironment,
    error::Error,
    event::EventKind,
    profile::ProviderProfile,
    session::{HostTool, Session, SessionConfig, Shared},
};

/// Told to every subagent, before its parent's instructions.
const INSTRUCTIONS: &str = include_str!("instructions.md");

/// What a subagent has from its parent's session, as it is when it starts.
#[derive(Debug)]
pub(crate) struct Parent {
    pub(crate) shared: Arc<Shared>,
    pub(crate) client: Client,
    pub(crate) profile: Arc<dyn ProviderProfile>,
    pub(crate) environment: Arc<dyn ExecutionEnvironment>,
    pub(crate) config: SessionConfig,
    /// What its host has added to the profile's tools for subagents, too.
    pub(crate) host_tools: Vec<HostTool>,
    /// How deep the parent is nested itself.
    pub(crate) depth: u32,
}

/// What the parent's model asks for (coding-agent-loop-spec 7.2).
#[derive(Debug)]
pub(crate) struct SpawnRequest {
    pub(crate) task: String,
    pub(crate) working_dir: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) max_turns: Option<u32>,
}

impl Parent {
    pub(crate) fn subagents(&self) -> &Subagents {
        &self.shared.subagents
    }

    pub(crate) fn limits(&self) -> &SubagentLimits {
        &self.config.subagents
    }

    /// Starts a subagent.
    ///
    /// # Errors
    /// `InvalidInput` or `NotFound` for a task, directory or model that can't be, `Limit` when too
    /// many run already, `Closed` after the session's end.
    pub(crate) async fn spawn(&self, request: SpawnRequest) -> Result<Arc<Agent>, Error> {
        if request.task.trim().is_empty() {
            return Err(Error::invalid_input("the task is empty"));
        }
        let reservation = self.subagents().reserve(self.limits())?;
        let profile = model::profile(&self.profile, &self.client, request.model.as_deref())?;
        let environment =
            place::environment(&self.environment, request.working_dir.as_deref()).await?;
        let started = EventKind::SubagentStart {
            agent_id: reservation.id.to_string(),
            session_id: String::new(),
            task: request.task.clone(),
            working_dir: environment.working_directory().to_owned(),
            provider: profile.id().to_owned(),
            model: profile.model().to_owned(),
        };
        let mut config = self.child_config();
        config.max_turns = request.max_turns.unwrap_or_default();
        let session = Session::nested(self, profile, environment, config)?;
        self.start(&reservation, session, request.task, started)
    }

    fn start(
        &self,
        reservation: &Reservation<'_>,
        mut session: Session,
        task: String,
        mut started: EventKind,
    ) -> Result<Arc<Agent>, Error> {
        let activity = Arc::new(Activity::new());
        session.set_guard(Some(Arc::new(ChildGuard {
            parent: Arc::downgrade(&self.shared),
            agent_id: Arc::clone(&reservation.id),
            session_id: session.id().into(),
            activity: Arc::clone(&activity),
        })));
        let id = Arc::clone(&reservation.id);
        let grace = self.config.abort_grace();
        let agent = Arc::new(Agent::new(id, session.handle(), activity, grace));
        if let EventKind::SubagentStart { session_id, .. } = &mut started {
            session.id().clone_into(session_id);
        }
        let parent = Arc::downgrade(&self.shared);
        let limits = self.limits().clone();
        let work = run::run(parent, Arc::clone(&agent), session, task, limits);
        // What it does is told after its start was.
        let (begin, begun) = oneshot::channel::<()>();
        let task = async move {
            let _ = begun.await;
            work.await;
        };
        let bus = &self.shared.bus;
        let started = || bus.deliver(started);
        let started = self.subagents().start(Arc::clone(&agent), task, started)?;
        if let Some(event) = &started.told {
            bus.observe(event);
        }
        drop(begin);
        if let Some(superfluous) = started.superfluous {
            end(
                &self.shared,
                &superfluous,
                "too many others were started after it",
            );
        }
        Ok(agent)
    }

    /// The parent's settings; what belongs to its own task left out.
    fn child_config(&self) -> SessionConfig {
        let mut config = self.config.clone();
        let inherited = match config.subagent_instructions.take() {
            Some(instructions) => Some(instructions),
            None => config.user_instructions.take(),
        };
        config.user_instructions = Some(match inherited {
            Some(inherited) if !inherited.trim().is_empty() => {
                format!("{}\n\n{inherited}", INSTRUCTIONS.trim_end())
            }
            _ => INSTRUCTIONS.trim_end().to_owned(),
        });
        config.reasoning_effort = self.shared.reasoning_effort();
        config
    }
}

//! `AgentBackend`: a session per stage, or per thread under `full` fidelity.

use std::sync::Arc;

use async_trait::async_trait;
use attractor_core::{
    CodergenBackend, CodergenRequest, CodergenResult, Error as CoreError,
    ErrorKind as CoreErrorKind, Fidelity, Graph, Node,
};
use attractor_llm::{Client, provider::setup_variable};

use super::{
    failure, instructions,
    model::{self, Model},
    places::Places,
    report_outcome::{ReportOutcomeTool, Reported},
    stage_session::{self, StageSession},
    threads::{ThreadKey, Threads},
};
use crate::{
    environment::ExecutionEnvironment,
    error::Error,
    limits,
    profile::{ProviderProfile, profile_for},
    session::{Session, SessionConfig},
    tool::Tool,
};

type Profiles = Arc<dyn Fn(&str, &str) -> Result<Arc<dyn ProviderProfile>, Error> + Send + Sync>;

/// Runs the codergen stages of a pipeline with the agent loop (attractor-spec 4.5).
///
/// Each stage gets a session of its own; under `full` fidelity, the stages of a thread share one.
/// The model is the node's `llm_model` and `llm_provider`, else the backend's default. The stage
/// works in [`StageContext::workdir`](attractor_core::StageContext::workdir); it succeeds with the
/// model's last answer unless the model reported otherwise through the tool
/// `report_outcome`; an empty or truncated answer fails it. Commands see `ATTRACTOR_RUN_ID`,
/// `ATTRACTOR_NODE_ID`, `ATTRACTOR_LOGS_ROOT`, `ATTRACTOR_STAGE_DIR` and `ATTRACTOR_GOAL`.
#[derive(Debug)]
pub struct AgentBackend {
    client: Client,
    environment: Arc<dyn ExecutionEnvironment>,
    config: SessionConfig,
    default_model: Option<String>,
    profiles: ProfileSource,
    tools: Vec<Arc<dyn Tool>>,
    threads: Threads,
    places: Places,
}

/// Builds an [`AgentBackend`].
#[derive(Debug)]
#[must_use]
pub struct AgentBackendBuilder {
    client: Client,
    environment: Arc<dyn ExecutionEnvironment>,
    config: SessionConfig,
    default_model: Option<String>,
    profiles: ProfileSource,
    tools: Vec<Arc<dyn Tool>>,
}

impl AgentBackendBuilder {
    /// The model of nodes that name none: `provider/model`, or a model that the catalog knows or
    /// the client's default provider serves.
    pub fn default_model(mut self, model: impl Into<String>) -> Self {
        self.default_model = Some(model.into());
        self
    }

    /// The settings of every session, instead of the specification's with a limit of 1,000 tool
    /// rounds a stage; `variables` and `reasoning_effort` are completed by the run and the node,
    /// and each stage has a budget of its own with the limits of this one's. Of the grace after an
    /// abort at most 200 ms count: a cancelled run ends within a second.
    pub fn session_config(mut self, config: SessionConfig) -> Self {
        self.config = config;
        self
    }

    /// Where profiles come from, by provider and model, instead of [`profile_for`].
    pub fn profiles(
        mut self,
        profiles: impl Fn(&str, &str) -> Result<Arc<dyn ProviderProfile>, Error> + Send + Sync + 'static,
    ) -> Self {
        self.profiles = ProfileSource(Arc::new(profiles));
        self
    }

    /// Adds a tool to those of the profiles, for every stage and its subagents, or replaces the one of
    /// the same name.
    pub fn tool(mut self, tool: Arc<dyn Tool>) -> Self {
        self.tools.push(tool);
        self
    }

    /// The backend.
    #[must_use]
    pub fn build(self) -> AgentBackend {
        AgentBackend {
            client: self.client,
            environment: self.environment,
            config: self.config,
            default_model: self.default_model,
            profiles: self.profiles,
            tools: self.tools,
            threads: Threads::default(),
            places: Places::default(),
        }
    }
}

impl AgentBackend {
    /// A backend that asks models through this client and works in this environment.
    pub fn builder(
        client: Client,
        environment: Arc<dyn ExecutionEnvironment>,
    ) -> AgentBackendBuilder {
        AgentBackendBuilder {
            client,
            environment,
            config: SessionConfig::new().max_tool_rounds_per_input(limits::STAGE_TOOL_ROUNDS),
            default_model: None,
            profiles: ProfileSource(Arc::new(profile_for)),
            tools: Vec::new(),
        }
    }

    /// The provider and the model that this node's task goes to.
    ///
    /// # Errors
    ///
    /// Says that the node has no model.
    pub fn model_of(&self, graph: &Graph, node: &Node) -> Result<(String, String), CoreError> {
        let model = self.model(graph, node)?;
        Ok((model.provider, model.name))
    }

    /// Whether this node's model could be asked: it has one, its provider is registered with the
    /// client, and there is a profile for it. Asks nobody.
    ///
    /// # Errors
    ///
    /// Says what is missing, with the node's name.
    pub fn check_model(&self, graph: &Graph, node: &Node) -> Result<(), CoreError> {
        let model = self.model(graph, node)?;
        let name = node.id();
        let known = self.client.provider_names();
        if !known.contains(&model.provider.as_str()) {
            let how = match setup_variable(&model.provider) {
                Some(variable) => format!("; {variable} sets it up"),
                None => String::new(),
            };
            let text = format!(
                "node {name} asks for {}/{}, but the provider {} isn't set up here ({}{how})",
                model.provider,
                model.name,
                model.provider,
                model::set_up(&self.client),
            );
            return Err(CoreError::new(CoreErrorKind::Terminal, text));
        }
        (self.profiles.0)(&model.provider, &model.name).map_err(|error| {
            CoreError::new(CoreErrorKind::Terminal, format!("node {name}: {error}"))
        })?;
        Ok(())
    }

    fn model(&self, graph: &Graph, node: &Node) -> Result<Model, CoreError> {
        model::resolve(graph, node, self.default_model.as_deref(), &self.client)
    }

    fn open(&self, request: &CodergenRequest<'_>, model: &Model) -> Result<StageSession, Error> {
        let profile = (self.profiles.0)(&model.provider, &model.name)?;
        let mut config = self.config.clone();
        config.abort_grace_ms = config.abort_grace_ms.min(limits::STAGE_ABORT_GRACE_MS);
        // What a stage is told about its report isn't for its subagents.
        config.subagent_instructions = Some(instructions::for_subagents(&self.config));
        config.user_instructions = Some(instructions::render(
            request.stage,
            request.thread.is_some(),
            self.config.user_instructions.as_deref(),
        ));
        let reported = Reported::default();
        let mut session = Session::new(
            self.client.clone(),
            profile,
            self.places.of(&self.environment, request.stage)?,
            config,
        );
        for tool in &self.tools {
            session.register_tool(Arc::clone(tool))?;
        }
        session.register_own_tool(Arc::new(ReportOutcomeTool::new(reported.clone())))?;
        Ok(StageSession { session, reported })
    }
}

#[async_trait]
impl CodergenBackend for AgentBackend {
    async fn run(&self, request: CodergenRequest<'_>) -> Result<CodergenResult, CoreError> {
        let stage = request.stage;
        let model = self.model(stage.graph(), stage.node())?;
        let key = request.thread.as_ref().map(|thread| ThreadKey {
            run: stage.run_id().to_owned(),
            thread: thread.clone(),
            model: model.clone(),
        });
        // After a resume the conversation is carried over as a summary, not continued.
        let kept = key.as_ref().and_then(|key| self.threads.take(key));
        let kept = kept.filter(|_| request.fidelity == Fidelity::Full);
        let mut current = match kept {
            Some(session) => session,
            None => self
                .open(&request, &model)
                .map_err(|error| failure::to_core(&error))?,
        };
        stage_session::prepare(&mut current, &request, &self.config);
        let result = stage_session::run(&mut current, stage, request.prompt).await;
        if stage.cancel().is_cancelled() {
            return Err(CoreError::new(
                CoreErrorKind::Cancelled,
                "the stage was cancelled",
            ));
        }
        if let Some(key) = key {
            self.threads.keep(key, current);
        }
        result
    }
}

#[derive(Clone)]
struct ProfileSource(Profiles);

impl std::fmt::Debug for ProfileSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ProfileSource")
    }
}

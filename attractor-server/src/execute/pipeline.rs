//! The engine of a run: core, agent and model client put together from what the specification says.

use std::path::Path;
use std::sync::Arc;

use attractor_agent::{AgentBackend, LocalEnvironment, SessionConfig};
use attractor_core::engine::Engine;
use attractor_core::{Graph, Interviewer, Pipeline, ToolHandler};
use attractor_llm::Client;

use super::error::Failure;
use super::git::TOKEN_VARIABLE;
use super::settings::RunSettings;
use crate::compose::asks_a_model;
use crate::domain::ReasoningLevel;
use crate::runner_api::RunSpecification;
use crate::secrets::{Scrubber, SecretEnvironment};

/// Tool rounds of a stage: what `attractor run` allows, too.
const STAGE_TOOL_ROUNDS: u32 = 1_000;

/// The engine that executes the pipeline in a directory. It asks models with the keys that the
/// project has; those of this process's environment don't count. Commands are given the variables that
/// the project has for them, and no model's key.
pub(super) fn engine(
    spec: &RunSpecification,
    simulate: bool,
    pipeline: &Pipeline,
    workdir: &Path,
    interviewer: Arc<dyn Interviewer>,
) -> Result<Engine, Failure> {
    let tools = ToolHandler::new().variables(command_variables(spec));
    let builder = Engine::builder()
        .interviewer(interviewer)
        .handler("tool", Arc::new(tools));
    let graphs = pipeline.graphs();
    let asks = |graph: &Graph| graph.nodes().iter().any(|node| asks_a_model(graph, node));
    if simulate || !graphs.iter().any(|graph| asks(graph)) {
        return Ok(builder.build());
    }
    let backend = backend(spec, workdir)?;
    for graph in graphs {
        for node in graph
            .nodes()
            .iter()
            .filter(|node| asks_a_model(graph, node))
        {
            backend.check_model(graph, node).map_err(|error| {
                Failure::run(format!("{error}; add it to the project's secrets"))
            })?;
        }
    }
    Ok(builder.backend(Arc::new(backend)).build())
}

fn backend(spec: &RunSpecification, workdir: &Path) -> Result<AgentBackend, Failure> {
    let variable = |name: &str| Some(spec.environment.get(name)?.expose().to_owned());
    let client = Client::builder()
        .providers_from(&variable)
        .map(|builder| builder.middleware(RunSettings::new(&spec.model_config)))
        .and_then(attractor_llm::ClientBuilder::build)
        .map_err(|error| Failure::run(format!("the project's model providers: {error}")))?;
    let environment = LocalEnvironment::new(workdir)
        .map_err(|error| Failure::run(format!("can't work in the clone: {error}")))?;
    Ok(AgentBackend::builder(client, Arc::new(environment))
        .default_model(spec.model_config.model())
        .session_config(session(spec))
        .build())
}

fn session(spec: &RunSpecification) -> SessionConfig {
    let mut config = SessionConfig::new().max_tool_rounds_per_input(STAGE_TOOL_ROUNDS);
    for (name, value) in command_variables(spec) {
        config = config.variable(name, value);
    }
    match spec.model_config.reasoning_level {
        Some(level) => config.reasoning_effort(effort(level)),
        None => config,
    }
}

/// The project's variables for commands, with their values.
fn command_variables(spec: &RunSpecification) -> impl Iterator<Item = (&str, &str)> {
    let names = spec.command_variables.iter();
    names.filter_map(|name| Some((name.as_str(), spec.environment.get(name)?.expose())))
}

/// The word that models' profiles know.
fn effort(level: ReasoningLevel) -> &'static str {
    match level {
        ReasoningLevel::Minimal => "minimal",
        ReasoningLevel::Low => "low",
        ReasoningLevel::Medium => "medium",
        ReasoningLevel::High => "high",
        ReasoningLevel::Xhigh => "xhigh",
    }
}

/// Takes out of what a run says what is never to be seen of it: the values of its secrets and its
/// token.
pub(super) fn scrubber(spec: &RunSpecification, token: &str) -> Scrubber {
    let secrets = spec.environment.iter();
    // An address is no secret, and would be missing in errors.
    let secrets = secrets.filter(|(name, _)| !name.ends_with("_BASE_URL"));
    let mut secrets: SecretEnvironment = secrets
        .map(|(name, value)| (name.clone(), value.expose().trim().into()))
        .collect();
    secrets.insert(TOKEN_VARIABLE.to_owned(), token.into());
    Scrubber::new(&secrets)
}

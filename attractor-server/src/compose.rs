//! Core, agent and model client put together: the point of this crate.

use std::path::Path;
use std::sync::Arc;

use attractor_agent::{AgentBackend, LocalEnvironment};
use attractor_core::engine::Engine;
use attractor_core::interviewer::AutoApproveInterviewer;
use attractor_core::{Diagnostic, Graph, Interviewer, Node, Pipeline};
use attractor_llm::provider::setup_variable;
use attractor_llm::{Client, catalog};

use crate::ask::TerminalInterviewer;
use crate::progress::Screen;
use crate::settings::Settings;
use crate::{Error, allowed_host, env};

/// The prefix of the hint for a run that can't reach a model.
const NO_MODEL_HINT: &str = "`--simulate` walks the pipeline without a model; `attractor demo` \
                             shows a whole run";

/// The providers that are named to who has set up none.
const PROVIDERS: [&str; 3] = ["anthropic", "openai", "gemini"];

/// Everything that is wrong with a pipeline, or worth knowing about it, in source order.
pub(crate) fn diagnose(source: &str, file: &Path) -> Vec<Diagnostic> {
    match checker().prepare_at(source, file) {
        Ok(pipeline) => pipeline.diagnostics().to_vec(),
        Err(error) => error.diagnostics,
    }
}

/// An engine that knows every handler and can't call a model.
pub(crate) fn checker() -> Engine {
    Engine::builder()
        .interviewer(Arc::new(AutoApproveInterviewer::new()))
        .build()
}

/// The engine that carries out a run with these settings.
///
/// # Errors
///
/// Fails before anything is started if a node needs a model and no provider can be reached.
pub(crate) fn engine(
    settings: &Settings,
    pipeline: &Pipeline,
    client: Option<Client>,
    interviewer: Arc<dyn Interviewer>,
) -> Result<Engine, Error> {
    let builder = Engine::builder().interviewer(interviewer);
    let graphs = pipeline.graphs();
    if settings.simulate || !graphs.iter().any(|graph| calls_a_model(graph)) {
        return Ok(builder.build());
    }
    let client = match client {
        Some(client) => client,
        None => from_env()?,
    };
    let backend = backend(settings, &client)?;
    for graph in graphs {
        check_models(graph, &backend, &client)?;
    }
    Ok(builder.backend(Arc::new(backend)).build())
}

/// Who answers at human gates: nobody is asked, or the person at the terminal.
pub(crate) fn interviewer(
    settings: &Settings,
    screen: Option<Arc<Screen>>,
) -> Result<Arc<dyn Interviewer>, Error> {
    if settings.auto_approve {
        return Ok(Arc::new(AutoApproveInterviewer::new()));
    }
    let terminal = TerminalInterviewer::new(screen);
    let terminal = terminal.map_err(|error| Error::failure(error.to_string()).caused_by(error))?;
    Ok(Arc::new(terminal))
}

/// Whether any node of the graph is a task for a model.
fn calls_a_model(graph: &Graph) -> bool {
    graph.nodes().iter().any(|node| asks_a_model(graph, node))
}

/// Whether a node is a task for a model, or a manager that asks one.
pub(crate) fn asks_a_model(graph: &Graph, node: &Node) -> bool {
    match graph.resolved_type(node) {
        "codergen" => true,
        "stack.manager_loop" => !node.prompt.is_empty(),
        _ => false,
    }
}

fn backend(settings: &Settings, client: &Client) -> Result<AgentBackend, Error> {
    let chosen = settings.model.clone().or_else(env::default_model);
    if let Some(model) = &chosen {
        check_provider(model, client)?;
    }
    let default = chosen.or_else(|| newest(client));
    let environment = LocalEnvironment::new(&settings.workdir).map_err(|error| {
        Error::misuse(error.to_string()).hint("name a directory with --workdir DIR")
    })?;
    let mut builder = AgentBackend::builder(client.clone(), Arc::new(environment));
    if let Some(model) = default {
        builder = builder.default_model(model);
    }
    if let Some(tool) = allowed_host::fetch_tool(&settings.allowed_hosts) {
        builder = builder.tool(Arc::new(tool));
    }
    Ok(builder.build())
}

/// The client of the providers whose keys are in the environment; whether these are the ones that
/// are needed is found out node by node.
fn from_env() -> Result<Client, Error> {
    let client = Client::builder().providers_from_env();
    let client = client.and_then(attractor_llm::ClientBuilder::build);
    client.map_err(|error| Error::misuse(error.to_string()).caused_by(error))
}

/// Whether the provider of a `provider/model` is one that can be reached.
fn check_provider(chosen: &str, client: &Client) -> Result<(), Error> {
    let known = client.provider_names();
    let Some((provider, model)) = chosen.split_once('/') else {
        return Ok(());
    };
    // It may go by another name.
    let own = catalog::latest_model(provider, None).map(|info| info.provider.as_str());
    let provider = own.unwrap_or(provider);
    if known.contains(&provider) {
        return Ok(());
    }
    Err(not_set_up("the default model", provider, model, &known))
}

/// The newest model of the client's first provider, as `provider/model`.
fn newest(client: &Client) -> Option<String> {
    let provider = client
        .default_provider()
        .or_else(|| client.provider_names().first().copied())?;
    Some(format!(
        "{provider}/{}",
        catalog::latest_model(provider, None)?.id
    ))
}

/// Finds a node whose model can't be reached before the run pays for the nodes ahead of it.
fn check_models(graph: &Graph, backend: &AgentBackend, client: &Client) -> Result<(), Error> {
    let known = client.provider_names();
    for node in graph
        .nodes()
        .iter()
        .filter(|node| asks_a_model(graph, node))
    {
        let id = node.id();
        match backend.model_of(graph, node) {
            Ok((provider, model)) if !known.contains(&provider.as_str()) => {
                return Err(not_set_up(
                    &format!("the model of node {id}"),
                    &provider,
                    &model,
                    &known,
                ));
            }
            Err(_) if known.is_empty() => return Err(no_key()),
            _ => {}
        }
        backend.check_model(graph, node).map_err(|error| {
            Error::misuse(error.to_string())
                .hint(NO_MODEL_HINT)
                .caused_by(error)
        })?;
    }
    Ok(())
}

/// No provider is set up, and no node says which one it wants.
fn no_key() -> Error {
    let variables = PROVIDERS.iter().filter_map(|name| setup_variable(name));
    let variables = variables.collect::<Vec<_>>().join(", ");
    let text = format!("the pipeline has tasks for a model, and none of {variables} is set");
    let key = setup_variable(PROVIDERS[0]).unwrap_or_default();
    Error::misuse(text).hint(format!("`export {key}=...`; {NO_MODEL_HINT}"))
}

/// A model's provider isn't there: what would set it up, where that is known.
fn not_set_up(who: &str, provider: &str, model: &str, known: &[&str]) -> Error {
    let wanted = format!("{who} is {provider}/{model}");
    if let Some(variable) = setup_variable(provider).filter(|name| !env::is_set(name)) {
        return Error::misuse(format!("{wanted}, and {variable} isn't set"))
            .hint(format!("`export {variable}=...`; {NO_MODEL_HINT}"));
    }
    let text = format!("{wanted}, and the provider `{provider}` isn't set up here");
    Error::misuse(text).hint(match known {
        [] => NO_MODEL_HINT.to_owned(),
        known => format!(
            "set up: {}; write the model as provider/model",
            known.join(", ")
        ),
    })
}

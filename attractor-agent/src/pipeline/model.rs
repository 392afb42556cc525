//! Which model a stage uses; pure.

use attractor_core::{Error, ErrorKind, Graph, Node};
use attractor_llm::{Client, catalog, provider::setup_variable};

/// A provider and its model.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Model {
    pub(super) provider: String,
    pub(super) name: String,
}

/// The node's model, else the graph's, else the default.
pub(super) fn resolve(
    graph: &Graph,
    node: &Node,
    default: Option<&str>,
    client: &Client,
) -> Result<Model, Error> {
    let graph = graph.attrs();
    let provider = node
        .llm_provider
        .as_deref()
        .or(graph.llm_provider.as_deref());
    let named = node.llm_model.as_deref().or(graph.llm_model.as_deref());
    choose(provider, named, default, client).ok_or_else(|| {
        Error::new(
            ErrorKind::Terminal,
            format!(
                "node {:?} has no model: set llm_model on it, or give a default model such as \
                 anthropic/claude-opus-4-6 ({})",
                node.id().as_str(),
                set_up(client)
            ),
        )
    })
}

/// Which providers are set up, in brackets behind an error.
pub(super) fn set_up(client: &Client) -> String {
    match client.provider_names().as_slice() {
        [] => "no provider is set up".to_owned(),
        names => format!("set up: {}", names.join(", ")),
    }
}

fn choose(
    provider: Option<&str>,
    named: Option<&str>,
    default: Option<&str>,
    client: &Client,
) -> Option<Model> {
    if let Some(name) = named {
        return locate(name, provider, client);
    }
    let provider = provider.map(|name| registered(name, client));
    let default = default.and_then(|name| locate(name, None, client));
    match (provider, default) {
        // A node that only names another provider gets that provider's newest model.
        (Some(provider), Some(default)) if default.provider == provider => Some(default),
        (Some(provider), _) => {
            let info = catalog::latest_model(provider, None)?;
            Some(Model {
                provider: provider.to_owned(),
                name: info.id.clone(),
            })
        }
        (None, default) => default,
    }
}

/// Splits `provider/model`; a name without a provider belongs to the one that is said to have it,
/// that the catalog knows, or that the client asks by default.
fn locate(name: &str, provider: Option<&str>, client: &Client) -> Option<Model> {
    let provider = provider.map(|name| registered(name, client));
    let prefixed = name
        .split_once('/')
        .map(|(prefix, rest)| (registered(prefix, client), rest));
    let prefixed = prefixed.filter(|(prefix, _)| is_provider(prefix, client));
    let model = |provider: &str, name: &str| {
        Some(Model {
            provider: provider.to_owned(),
            name: name.to_owned(),
        })
    };
    match (provider, prefixed) {
        (Some(provider), Some((prefix, rest))) if prefix == provider => model(provider, rest),
        (Some(provider), _) => model(provider, name),
        (None, Some((prefix, rest))) => model(prefix, rest),
        (None, None) => {
            let known = catalog::model_info(name).map(|info| info.provider.as_str());
            let registered = known.filter(|known| client.provider_names().contains(known));
            // A gateway may serve it; another maker doesn't.
            let default = client.default_provider();
            let serves_any = |default: &&str| catalog::latest_model(default, None).is_none();
            let default = default.filter(|it| known.is_none() || serves_any(it));
            model(registered.or(default).or(known)?, name)
        }
    }
}

/// Whether requests may go to a provider of this name: one that is set up, or could be.
fn is_provider(name: &str, client: &Client) -> bool {
    client.provider_names().contains(&name)
        || catalog::latest_model(name, None).is_some()
        || setup_variable(name).is_some()
}

/// The name under which a provider is registered: its own, where it goes by another here.
fn registered<'a>(name: &'a str, client: &Client) -> &'a str {
    if client.provider_names().contains(&name) {
        return name;
    }
    catalog::latest_model(name, None).map_or(name, |info| info.provider.as_str())
}

//! Which model a stage uses; pure.

use attractor_core::{Error, ErrorKind, Graph, Node};
use attractor_llm::{Client, catalog};

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
                 anthropic/claude-opus-4-6 (providers with a key: {})",
                node.id().as_str(),
                client.provider_names().join(", ")
            ),
        )
    })
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
    let prefixed = name.split_once('/').filter(|(prefix, _)| {
        client.provider_names().contains(prefix) || catalog::latest_model(prefix, None).is_some()
    });
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
            model(registered.or(client.default_provider()).or(known)?, name)
        }
    }
}

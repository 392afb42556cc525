//! The services that the environment configures.

use std::sync::Arc;

use super::compat::Service;
use super::config::OpenAiCompatibleBuilder;
use crate::error::Error;
use crate::provider::ProviderAdapter;
use crate::provider::discover::Environment;

/// Any server by its address, its key beside it, and the name of its adapter.
const BASE_URL: &str = "OPENAI_COMPATIBLE_BASE_URL";
const API_KEY: &str = "OPENAI_COMPATIBLE_API_KEY";
const NAME: &str = "openai-compatible";

/// The adapters whose keys or addresses are in the environment.
pub(crate) fn discover(from: &Environment<'_>) -> Result<Vec<Arc<dyn ProviderAdapter>>, Error> {
    let mut found: Vec<OpenAiCompatibleBuilder> = Vec::new();
    if let Some(base_url) = from.get(BASE_URL) {
        let builder = OpenAiCompatibleBuilder::new(NAME.to_owned(), base_url);
        found.push(builder.api_key(from.get(API_KEY).unwrap_or_default()));
    }
    let services = Service::all().filter(|service| service.is_discovered());
    found.extend(services.filter_map(|service| configured(service, from)));
    found
        .into_iter()
        .map(|builder| build(builder, from))
        .collect()
}

fn build(
    mut builder: OpenAiCompatibleBuilder,
    from: &Environment<'_>,
) -> Result<Arc<dyn ProviderAdapter>, Error> {
    from.apply(&mut builder.endpoint);
    Ok(Arc::new(builder.build()?))
}

/// The builder of a service whose variables are all there.
fn configured(service: Service, from: &Environment<'_>) -> Option<OpenAiCompatibleBuilder> {
    let get = |name: Option<&str>| name.and_then(|name| from.get(name));
    let key = get(service.key_variable());
    if key.is_none() && !service.is_open() {
        return None;
    }
    let mut builder = OpenAiCompatibleBuilder::of(service).api_key(key.unwrap_or_default());
    if service.url_variable().is_some() {
        let url = get(service.url_variable())?;
        let url = if service == Service::Ollama {
            ollama(&url)
        } else {
            url
        };
        builder = builder.base_url(url);
    } else if let Some(name) = service
        .key_variable()
        .and_then(|it| it.strip_suffix("_API_KEY"))
        && let Some(url) = from.get(&format!("{name}_BASE_URL"))
    {
        builder = builder.base_url(url);
    }
    if service == Service::Azure
        && let Some(version) = from.get("AZURE_OPENAI_API_VERSION")
    {
        builder = builder.api_version(version);
    }
    Some(builder)
}

/// Ollama's own variable may be a host alone, or an address to listen at.
fn ollama(host: &str) -> String {
    let host = host.trim().trim_end_matches('/');
    if host.contains("://") {
        return host.to_owned();
    }
    let host = host.replacen("0.0.0.0", "127.0.0.1", 1);
    let host = if host.starts_with(':') {
        format!("127.0.0.1{host}")
    } else {
        host
    };
    let port = if host.contains(':') { "" } else { ":11434" };
    format!("http://{host}{port}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(set: &[(&str, &str)]) -> Vec<String> {
        let environment = Environment {
            variable: &|name| {
                let found = set.iter().find(|(key, _)| *key == name);
                found.map(|(_, value)| (*value).to_owned())
            },
            transport: None,
        };
        let found = discover(&environment).unwrap();
        found
            .iter()
            .map(|adapter| adapter.name().to_owned())
            .collect()
    }

    #[test]
    fn each_service_is_found_by_its_variables() {
        let azure = ("AZURE_OPENAI_ENDPOINT", "https://a.openai.azure.com");
        let key = |name: &'static str| (name, "k");
        let server = ("OPENAI_COMPATIBLE_BASE_URL", "http://10.0.0.7/v1");
        let cases = [
            (vec![], vec![]),
            (
                vec![key("GROQ_API_KEY"), key("XAI_API_KEY")],
                vec!["groq", "xai"],
            ),
            (vec![("OLLAMA_HOST", "gpu-box")], vec!["ollama"]),
            (vec![key("AZURE_OPENAI_API_KEY")], vec![]),
            (vec![azure], vec![]),
            (vec![azure, key("AZURE_OPENAI_API_KEY")], vec!["azure"]),
            (
                vec![server, key("MISTRAL_API_KEY")],
                vec!["openai-compatible", "mistral"],
            ),
            (vec![key("OPENAI_API_KEY"), key("HF_TOKEN")], vec![]),
        ];
        for (set, expected) in cases {
            assert_eq!(names(&set), expected, "{set:?}");
        }
    }

    #[test]
    fn the_host_of_ollama_may_be_written_as_ollama_takes_it() {
        let cases = [
            ("gpu-box", "http://gpu-box:11434"),
            ("0.0.0.0:8080", "http://127.0.0.1:8080"),
            (":11434", "http://127.0.0.1:11434"),
            ("https://ollama.example.com/", "https://ollama.example.com"),
        ];
        for (given, expected) in cases {
            assert_eq!(ollama(given), expected);
        }
    }
}

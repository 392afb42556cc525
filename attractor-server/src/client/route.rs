//! The routes that are asked for: all of them, so that a test can hold them against the API's document.

use url::Url;

/// What is done at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Post,
    Patch,
    Delete,
}

/// A method and a path, with the names of what stands in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Route {
    pub(super) method: Method,
    pub(super) path: &'static str,
}

macro_rules! routes {
    ($($name:ident = $method:ident $path:literal;)+) => {
        $(pub(super) const $name: Route = Route { method: Method::$method, path: $path };)+

        #[cfg(test)]
        const ALL: &[Route] = &[$($name),+];
    };
}

routes! {
    PROJECTS = Get "/api/projects";
    CREATE_PROJECT = Post "/api/projects";
    PROJECT = Get "/api/projects/{projectId}";
    CHANGE_PROJECT = Patch "/api/projects/{projectId}";
    DELETE_PROJECT = Delete "/api/projects/{projectId}";
    CONNECT_PROJECT = Post "/api/projects/{projectId}/repo/connect/github";
    BUNDLES = Get "/api/projects/{projectId}/bundles";
    SECRET_PROVIDERS = Get "/api/secrets/providers";
    SECRETS = Get "/api/projects/{projectId}/secrets";
    PUT_SECRET = Post "/api/projects/{projectId}/secrets";
    DELETE_SECRET = Delete "/api/projects/{projectId}/secrets/{secretId}";
    ATTRACTORS = Get "/api/projects/{projectId}/attractors";
    CREATE_ATTRACTOR = Post "/api/projects/{projectId}/attractors";
    ATTRACTOR = Get "/api/projects/{projectId}/attractors/{attractorId}";
    CHANGE_ATTRACTOR = Patch "/api/projects/{projectId}/attractors/{attractorId}";
    DELETE_ATTRACTOR = Delete "/api/projects/{projectId}/attractors/{attractorId}";
    VERSIONS = Get "/api/projects/{projectId}/attractors/{attractorId}/versions";
    VERSION = Get "/api/projects/{projectId}/attractors/{attractorId}/versions/{version}";
    RUNS = Get "/api/runs";
    RUNS_OF_PROJECT = Get "/api/projects/{projectId}/runs";
    CREATE_RUN = Post "/api/runs";
    RUN = Get "/api/runs/{runId}";
    DELETE_RUN = Delete "/api/runs/{runId}";
    EVENTS = Get "/api/runs/{runId}/events";
    CANCEL = Post "/api/runs/{runId}/cancel";
    PAUSE = Post "/api/runs/{runId}/pause";
    RESUME = Post "/api/runs/{runId}/resume";
    RERUN = Post "/api/runs/{runId}/rerun";
    EXPLAIN = Get "/api/runs/{runId}/explain";
    GRAPH = Get "/api/runs/{runId}/graph";
    PENDING_QUESTIONS = Get "/api/questions";
    QUESTIONS = Get "/api/runs/{runId}/questions";
    ANSWER = Post "/api/runs/{runId}/questions/{questionId}/answer";
    ARTIFACTS = Get "/api/runs/{runId}/artifacts";
    DOWNLOAD = Get "/api/runs/{runId}/artifacts/{artifactId}/download";
}

impl Route {
    /// The address at a server, with these values for the names in the path, in order.
    pub(super) fn at(self, server: &Url, values: &[&str]) -> Url {
        let mut url = server.clone();
        let mut values = values.iter();
        // A server's address has a path: that it's one for HTTP was checked.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty();
            for segment in self.path.split('/').skip(1) {
                let is_name = segment.starts_with('{');
                let value = if is_name { values.next() } else { None };
                segments.push(value.copied().unwrap_or(segment));
            }
        }
        url
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// What the API's document is held against, too.
    const DOCUMENT: &str =
        include_str!("../../tests/it/api/snapshots/it__api__openapi__openapi.snap");

    #[test]
    fn every_route_that_is_asked_for_is_in_the_document() {
        let (_, document) = DOCUMENT.split_once("---\n{").unwrap();
        let document: Value = serde_json::from_str(&format!("{{{document}")).unwrap();
        for route in ALL {
            let method = format!("{:?}", route.method).to_lowercase();
            let found = document["paths"][route.path].get(&method);
            assert!(found.is_some(), "{method} {}", route.path);
        }
    }

    #[test]
    fn values_stand_where_their_names_do_and_lead_nowhere_else() {
        let at = |server: &str, values: &[&str]| {
            VERSION.at(&server.parse().unwrap(), values).to_string()
        };
        assert_eq!(
            at("http://localhost:8080", &["p", "a", "3"]),
            "http://localhost:8080/api/projects/p/attractors/a/versions/3"
        );
        assert_eq!(
            at("https://factory.example/below/", &["p", "a?b/c", "3"]),
            "https://factory.example/below/api/projects/p/attractors/a%3Fb%2Fc/versions/3"
        );
    }
}

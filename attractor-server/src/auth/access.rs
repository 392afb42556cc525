use axum::http::Method;

use super::PAGES;
use crate::domain::Role;

/// What a request to a route takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Nothing.
    Public,
    /// A role in the factory as a whole: tokens of one project are refused.
    Factory(Role),
    /// A role; the handler sees to it that a token of one project reaches that one only.
    Anywhere(Role),
    /// A role in the project of the path.
    Project(Role),
    /// A role in the project of the run of the path.
    Run(Role),
    /// The token of an attempt at a run.
    Runner,
}

/// What one route takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) access: Access,
}

pub(super) const fn rule(method: &'static str, path: &'static str, access: Access) -> Rule {
    Rule {
        method,
        path,
        access,
    }
}

use Access::{Anywhere, Factory, Project, Public, Run, Runner};
use Role::{Admin, Operator, Viewer};

/// Every route and what it takes. What isn't here can't be reached.
#[rustfmt::skip]
pub(crate) const TABLE: &[Rule] = &[
    rule("GET",    "/livez", Public),
    rule("GET",    "/readyz", Public),
    rule("GET",    "/healthz", Public),
    rule("GET",    "/metrics", Factory(Viewer)),
    rule("GET",    "/api/version", Public),
    rule("GET",    "/api/openapi.json", Public),
    rule("GET",    "/api/docs", Public),
    rule("GET",    "/api/docs/{file}", Public),

    rule("GET",    "/api/session", Anywhere(Viewer)),
    rule("POST",   "/api/session", Public),
    rule("DELETE", "/api/session", Anywhere(Viewer)),
    rule("GET",    "/api/tokens", Factory(Admin)),
    rule("POST",   "/api/tokens", Factory(Admin)),
    rule("DELETE", "/api/tokens/{tokenId}", Factory(Admin)),
    rule("GET",    "/api/audit", Anywhere(Admin)),

    rule("GET",    "/api/models", Anywhere(Viewer)),
    rule("GET",    "/api/models/providers", Anywhere(Viewer)),

    rule("GET",    "/api/projects", Anywhere(Viewer)),
    rule("POST",   "/api/projects", Factory(Admin)),
    rule("POST",   "/api/bootstrap/self", Factory(Admin)),
    rule("GET",    "/api/projects/{projectId}", Project(Viewer)),
    rule("PATCH",  "/api/projects/{projectId}", Project(Admin)),
    rule("DELETE", "/api/projects/{projectId}", Factory(Admin)),
    rule("POST",   "/api/projects/{projectId}/repo/connect/github", Project(Admin)),
    rule("GET",    "/api/projects/{projectId}/github/repos", Project(Admin)),
    rule("GET",    "/api/github/app/start", Anywhere(Admin)),
    rule("GET",    "/api/github/app/callback", Anywhere(Admin)),
    rule("GET",    "/api/secrets/providers", Anywhere(Viewer)),

    rule("GET",    "/api/projects/{projectId}/secrets", Project(Viewer)),
    rule("POST",   "/api/projects/{projectId}/secrets", Project(Admin)),
    rule("GET",    "/api/projects/{projectId}/secrets/{secretId}", Project(Viewer)),
    rule("DELETE", "/api/projects/{projectId}/secrets/{secretId}", Project(Admin)),

    rule("POST",   "/api/attractors/validate", Anywhere(Viewer)),
    rule("POST",   "/api/attractors/sketch", Anywhere(Viewer)),
    rule("GET",    "/api/projects/{projectId}/attractors", Project(Viewer)),
    rule("POST",   "/api/projects/{projectId}/attractors", Project(Operator)),
    rule("GET",    "/api/projects/{projectId}/attractors/{attractorId}", Project(Viewer)),
    rule("PATCH",  "/api/projects/{projectId}/attractors/{attractorId}", Project(Operator)),
    rule("DELETE", "/api/projects/{projectId}/attractors/{attractorId}", Project(Operator)),
    rule("GET",    "/api/projects/{projectId}/attractors/{attractorId}/graph", Project(Viewer)),
    rule("GET",    "/api/projects/{projectId}/attractors/{attractorId}/versions", Project(Viewer)),
    rule("GET",    "/api/projects/{projectId}/attractors/{attractorId}/versions/{version}", Project(Viewer)),

    rule("GET",    "/api/projects/{projectId}/bundles", Project(Viewer)),
    rule("GET",    "/api/projects/{projectId}/runs", Project(Viewer)),
    rule("GET",    "/api/runs", Anywhere(Viewer)),
    rule("POST",   "/api/runs", Anywhere(Operator)),
    rule("GET",    "/api/runs/{runId}", Run(Viewer)),
    rule("DELETE", "/api/runs/{runId}", Run(Admin)),
    rule("GET",    "/api/runs/{runId}/events", Run(Viewer)),
    rule("GET",    "/api/runs/{runId}/history", Run(Viewer)),
    rule("POST",   "/api/runs/{runId}/cancel", Run(Operator)),
    rule("POST",   "/api/runs/{runId}/pause", Run(Operator)),
    rule("POST",   "/api/runs/{runId}/resume", Run(Operator)),
    rule("POST",   "/api/runs/{runId}/rerun", Run(Operator)),
    rule("GET",    "/api/runs/{runId}/explain", Run(Viewer)),
    rule("GET",    "/api/runs/{runId}/graph", Run(Viewer)),
    rule("GET",    "/api/runs/{runId}/artifacts", Run(Viewer)),
    rule("GET",    "/api/runs/{runId}/artifacts/{artifactId}", Run(Viewer)),
    rule("GET",    "/api/runs/{runId}/artifacts/{artifactId}/content", Run(Viewer)),
    rule("GET",    "/api/runs/{runId}/artifacts/{artifactId}/download", Run(Viewer)),
    rule("GET",    "/api/runs/{runId}/questions", Run(Viewer)),
    rule("POST",   "/api/runs/{runId}/questions/{questionId}/answer", Run(Operator)),
    rule("GET",    "/api/questions", Anywhere(Viewer)),

    rule("POST",   "/api/runner/claim", Runner),
    rule("POST",   "/api/runner/heartbeat", Runner),
    rule("POST",   "/api/runner/events", Runner),
    rule("GET",    "/api/runner/journal", Runner),
    rule("PUT",    "/api/runner/artifacts/{*key}", Runner),
    rule("PUT",    "/api/runner/pipeline", Runner),
    rule("GET",    "/api/runner/bundle/{name}", Runner),
    rule("POST",   "/api/runner/bundle", Runner),
    rule("POST",   "/api/runner/questions", Runner),
    rule("GET",    "/api/runner/questions/{questionId}", Runner),
    rule("POST",   "/api/runner/credential", Runner),
    rule("POST",   "/api/runner/pull-request", Runner),
    rule("POST",   "/api/runner/fence", Runner),
    rule("POST",   "/api/runner/finish", Runner),

    // HTTP mode executes commands as the server's own user.
    rule("GET",    "/pipelines", Factory(Viewer)),
    rule("POST",   "/pipelines", Factory(Admin)),
    rule("GET",    "/pipelines/{id}", Factory(Viewer)),
    rule("GET",    "/pipelines/{id}/events", Factory(Viewer)),
    rule("POST",   "/pipelines/{id}/cancel", Factory(Admin)),
    rule("POST",   "/pipelines/{id}/resume", Factory(Admin)),
    rule("POST",   "/pipelines/{id}/steer", Factory(Admin)),
    rule("GET",    "/pipelines/{id}/graph", Factory(Viewer)),
    rule("GET",    "/pipelines/{id}/questions", Factory(Viewer)),
    rule("POST",   "/pipelines/{id}/questions/{qid}/answer", Factory(Admin)),
    rule("GET",    "/pipelines/{id}/checkpoint", Factory(Viewer)),
    rule("GET",    "/pipelines/{id}/context", Factory(Viewer)),
];

/// What the table says of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// The route of the API and what it takes.
    Rule(Access),
    /// The route of a page and what it takes.
    Page(Access),
    /// The path has no such method.
    OtherMethod,
    /// The table doesn't have the path.
    Nothing,
}

/// What a request takes.
pub(crate) fn rule_of(method: &Method, path: &str) -> Found {
    let method = match method.as_str() {
        "HEAD" => "GET",
        other => other,
    };
    let find = |table: &'static [Rule]| {
        let is_it = |rule: &&Rule| rule.path == path && rule.method == method;
        table.iter().find(is_it).map(|rule| rule.access)
    };
    let is_known = || TABLE.iter().chain(PAGES).any(|rule| rule.path == path);
    match (find(TABLE), find(PAGES)) {
        (Some(access), _) => Found::Rule(access),
        (None, Some(access)) => Found::Page(access),
        (None, None) if is_known() => Found::OtherMethod,
        (None, None) => Found::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_route_is_there_once() {
        for (n, rule) in TABLE.iter().chain(PAGES).enumerate() {
            let twins = TABLE
                .iter()
                .chain(PAGES)
                .filter(|it| (it.method, it.path) == (rule.method, rule.path));
            assert_eq!(twins.count(), 1, "{n}: {rule:?}");
        }
    }

    #[test]
    fn nothing_that_changes_something_is_for_viewers() {
        let reading = [
            "/api/session",
            "/api/attractors/validate",
            "/api/attractors/sketch",
            "/sign-in",
            "/sign-out",
        ];
        for rule in TABLE
            .iter()
            .chain(PAGES)
            .filter(|it| it.method != "GET" && !reading.contains(&it.path))
        {
            let is_open = matches!(
                rule.access,
                Public | Factory(Viewer) | Anywhere(Viewer) | Project(Viewer) | Run(Viewer)
            );
            assert!(!is_open, "{rule:?}");
        }
    }

    #[test]
    fn a_path_that_nobody_thought_of_is_found_out() {
        assert_eq!(rule_of(&Method::HEAD, "/livez"), Found::Rule(Public));
        assert_eq!(rule_of(&Method::PUT, "/livez"), Found::OtherMethod);
        assert_eq!(rule_of(&Method::GET, "/api/new"), Found::Nothing);
    }
}

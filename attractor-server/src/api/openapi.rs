//! The document that describes the API, and a page to read it with.

use axum::body::Body;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use utoipa::OpenApi;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa_swagger_ui::Config;

use super::error::{ErrorBody, Refusal};
use super::respond::{self, Answer};
use crate::auth::{Access, TABLE};
use crate::domain::{Error, Role};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Attractor",
        description = "The control plane of a software factory: projects, secrets, attractors (pipelines), runs, events, questions and artifacts.",
        license(name = "MIT OR Apache-2.0"),
    ),
    components(schemas(ErrorBody)),
    tags(
        (name = "projects", description = "What runs work on"),
        (name = "attractors", description = "Pipelines: DOT text in versions"),
        (name = "runs", description = "Executions of attractors"),
        (name = "questions", description = "What runs ask people"),
        (name = "artifacts", description = "Files that runs leave"),
        (name = "secrets", description = "Written, given to runs, never shown"),
        (name = "models", description = "What runs can ask"),
        (name = "access", description = "Who may do what"),
        (name = "health", description = "Whether the server works"),
        (name = "runner", description = "What a run's process asks; docs/runner-api.md"),
    ),
)]
struct Document;

/// The document before the routes are in it.
pub(super) fn empty() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// Adds to each route what the table of routes says of it, and how it fails.
pub(super) fn complete(document: &mut utoipa::openapi::OpenApi) {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API token, `att_…`"));
    let runner = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("The token of one attempt at a run, `arr_…`"));
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("token", SecurityScheme::Http(bearer.build()));
    components.add_security_scheme("runner", SecurityScheme::Http(runner.build()));
    for rule in TABLE {
        let Some(item) = document.paths.paths.get_mut(rule.path) else {
            continue;
        };
        let operation = match rule.method {
            "GET" => &mut item.get,
            "POST" => &mut item.post,
            "PUT" => &mut item.put,
            "PATCH" => &mut item.patch,
            _ => &mut item.delete,
        };
        if let Some(operation) = operation {
            describe(operation, rule.access);
        }
    }
    // The star is axum's: a parameter that may have slashes in it.
    let paths = std::mem::take(&mut document.paths.paths);
    let plain = paths
        .into_iter()
        .map(|(path, item)| (path.replace("{*", "{"), item));
    document.paths.paths = plain.collect();
}

fn describe(operation: &mut Operation, access: Access) {
    let (scheme, role) = match access {
        Access::Public => {
            operation.security = Some(Vec::new());
            return fail(operation, &[]);
        }
        Access::Runner => ("runner", "runner"),
        Access::Factory(role) | Access::Anywhere(role) => ("token", role.as_str()),
        Access::Project(role) | Access::Run(role) => ("token", role.as_str()),
    };
    operation.security = Some(vec![SecurityRequirement::new(scheme, Vec::<String>::new())]);
    operation.extensions = Some(ExtensionsBuilder::new().add("x-role", role).build());
    let viewer = role == Role::Viewer.as_str() && !matches!(access, Access::Factory(_));
    let refused = if viewer || scheme == "runner" {
        None
    } else {
        Some(("403", "The role doesn't suffice"))
    };
    let throttled = match scheme {
        "runner" => None,
        _ => Some(("429", "Too many sign-ins have failed")),
    };
    let known = [Some(("401", "It isn't known who asks")), refused, throttled];
    let known: Vec<_> = known.into_iter().flatten().collect();
    fail(operation, &known);
}

/// The ways in which a route fails that all routes have.
fn fail(operation: &mut Operation, more: &[(&str, &str)]) {
    let mut ways = more.to_vec();
    if operation.request_body.is_some() || operation.parameters.is_some() {
        ways.push(("400", "Something about the request can't be"));
    }
    if operation.request_body.is_some() {
        ways.push(("408", "The body didn't come to its end in time"));
        ways.push(("413", "The body is too large"));
        ways.push(("415", "The body has another type"));
    }
    for (status, description) in ways {
        let body = ContentBuilder::new()
            .schema(Some(RefOr::Ref(Ref::from_schema_name("ErrorBody"))))
            .build();
        let response = ResponseBuilder::new()
            .description(description)
            .content("application/json", body)
            .build();
        let responses = &mut operation.responses.responses;
        responses
            .entry(status.to_owned())
            .or_insert(RefOr::T(response));
    }
}

/// The document, once it is whole.
#[derive(Clone, Debug)]
pub(super) struct Described(pub(super) std::sync::Arc<str>);

/// This document.
#[utoipa::path(get, path = "/api/openapi.json", tag = "health", responses(
    (status = 200, description = "OpenAPI 3.1", body = Value),
))]
pub(super) async fn document(axum::Extension(document): axum::Extension<Described>) -> Answer {
    let text = document.0.to_string();
    Ok(respond::document(StatusCode::OK, "application/json", text))
}

/// The page to read it with.
pub(super) async fn page() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let place = HeaderValue::from_static("/api/docs/index.html");
    response.headers_mut().insert(LOCATION, place);
    response
}

/// The page is made of these; all are in the binary.
pub(super) async fn file(Path(file): Path<String>) -> Answer {
    let config = Config::new(["/api/openapi.json"]);
    let found = utoipa_swagger_ui::serve(&file, config.into());
    let found = found.map_err(|_| Refusal::from(Error::not_found("page")))?;
    let found = found.ok_or_else(|| Refusal::from(Error::not_found("page")))?;
    let mut response = Response::new(Body::from(found.bytes.into_owned()));
    let headers = response.headers_mut();
    let kind = HeaderValue::from_str(&found.content_type);
    headers.insert(
        CONTENT_TYPE,
        kind.unwrap_or(HeaderValue::from_static("application/octet-stream")),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("max-age=3600"));
    Ok(response)
}

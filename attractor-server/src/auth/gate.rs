use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::RequestPartsExt as _;
use axum::extract::{ConnectInfo, MatchedPath, RawPathParams, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::access::Found;
use super::limits::TOUCH;
use super::{Access, CSRF_HEADER, hash_of, origin, rule_of, session_value};
use crate::api::{Caller, InProject, OfAttempt, OfRun, Refusal};
use crate::app::App;
use crate::domain::{ApiToken, Error, ErrorKind, Principal, ProjectId, Role, RunId};

/// Lets a request through to its handler, with what is known of who asks and for what; or refuses it.
pub(crate) async fn gate(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let admitted = admit(&app, &mut parts).await;
    let caller = parts.extensions.get::<Caller>().cloned();
    let mut response = match admitted {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(refusal) => refusal.into_response(),
    };
    // For the page that a refusal becomes.
    if let Some(caller) = caller {
        response.extensions_mut().insert(caller);
    }
    response
}

async fn admit(app: &App, parts: &mut Parts) -> Result<(), Refusal> {
    // Without one, the answer is that there is no such route.
    let Some(path) = parts.extensions.get::<MatchedPath>().cloned() else {
        return Ok(());
    };
    let access = match rule_of(&parts.method, path.as_str()) {
        Found::Rule(access) => access,
        Found::Page(access) => {
            parts.extensions.insert(IsPage);
            access
        }
        Found::OtherMethod => return Ok(()),
        Found::Nothing => {
            let message = format!("{} isn't in the table of routes", path.as_str());
            return Err(Error::internal(message).into());
        }
    };
    match access {
        Access::Public => Ok(()),
        Access::Runner => admit_runner(app, parts).await,
        Access::Factory(role) => {
            let principal = authenticate(app, parts).await?;
            parts.extensions.insert(Caller(principal.clone()));
            Ok(principal.may(role, None)?)
        }
        Access::Anywhere(role) => {
            let principal = authenticate(app, parts).await?;
            parts.extensions.insert(Caller(principal.clone()));
            Ok(principal.may(role, principal.project_id.as_ref())?)
        }
        Access::Project(role) => admit_to_project(app, parts, role).await,
        Access::Run(role) => admit_to_run(app, parts, role).await,
    }
}

async fn admit_to_project(app: &App, parts: &mut Parts, role: Role) -> Result<(), Refusal> {
    let principal = authenticate(app, parts).await?;
    parts.extensions.insert(Caller(principal.clone()));
    let project: ProjectId = parameter(parts, "projectId").await?.parse()?;
    principal.may(role, Some(&project))?;
    parts.extensions.insert(InProject(project));
    Ok(())
}

async fn admit_to_run(app: &App, parts: &mut Parts, role: Role) -> Result<(), Refusal> {
    let principal = authenticate(app, parts).await?;
    parts.extensions.insert(Caller(principal.clone()));
    principal.may(role, principal.project_id.as_ref())?;
    let id: RunId = parameter(parts, "runId").await?.parse()?;
    let run = app.store().run(&id).await?;
    // A run of another project is as good as none.
    principal
        .may(role, Some(&run.project_id))
        .map_err(|_| Error::not_found("run"))?;
    parts.extensions.insert(OfRun(run));
    Ok(())
}

async fn admit_runner(app: &App, parts: &mut Parts) -> Result<(), Refusal> {
    let leased = match bearer(&parts.headers) {
        Some(token) => app.store().run_of_token(&hash_of(token)).await?,
        None => None,
    };
    let Some(leased) = leased else {
        let message = "the token is none of an attempt that is under way";
        let error = Error::new(ErrorKind::Unauthenticated, "unauthenticated", message);
        return Err(error.into());
    };
    parts.extensions.insert(OfAttempt(leased));
    Ok(())
}

async fn parameter(parts: &mut Parts, name: &str) -> Result<String, Error> {
    let parameters = parts.extract::<RawPathParams>().await;
    let parameters = parameters.map_err(|_| Error::not_found("thing"))?;
    let found = parameters.iter().find(|(key, _)| *key == name);
    let found = found.map(|(_, value)| value.to_owned());
    found.ok_or_else(|| Error::internal(format!("the route has no parameter {name}")))
}

/// Who asks: the bearer of a token, or whose browser is signed in.
async fn authenticate(app: &App, parts: &Parts) -> Result<Principal, Refusal> {
    let headers = &parts.headers;
    if let Some(token) = bearer(headers) {
        let found = app
            .store()
            .token_by_hash(&hash_of(token), app.now())
            .await?;
        let Some(token) = found else {
            return Err(fail(app, parts, "the token isn't good").await.into());
        };
        return principal(app, token).await.map_err(Into::into);
    }
    let Some(value) = session_value(app.config(), headers) else {
        let message = "sign in, or send a token: Authorization: Bearer att_…";
        let error = Error::new(ErrorKind::Unauthenticated, "unauthenticated", message);
        return Err(error.into());
    };
    let found = app.store().session(&hash_of(value), app.now()).await?;
    let Some(session) = found else {
        return Err(fail(app, parts, "the session is over: sign in again")
            .await
            .into());
    };
    check_csrf(parts)?;
    principal(app, session.token).await.map_err(Into::into)
}

/// Whose browser is signed in, for a page that anybody is shown; nobody, if that can't be said.
pub(crate) async fn visitor(app: &App, headers: &HeaderMap) -> Option<Principal> {
    let value = session_value(app.config(), headers)?;
    let session = app.store().session(&hash_of(value), app.now()).await;
    principal(app, session.ok()??.token).await.ok()
}

async fn principal(app: &App, token: ApiToken) -> Result<Principal, Error> {
    let now = app.now();
    if token
        .last_used_at
        .is_none_or(|used| now.since(used) >= TOUCH)
    {
        app.store().touch_token(&token.id, now).await?;
    }
    Ok(Principal {
        token_id: token.id,
        name: token.name,
        role: token.role,
        project_id: token.project_id,
    })
}

/// Set on requests to pages.
#[derive(Clone, Copy, Debug)]
struct IsPage;

/// What a browser sends by itself is no proof that its user wants it. A form of a page can't send a
/// header: it has a field instead, which whoever reads the form checks.
fn check_csrf(parts: &Parts) -> Result<(), Refusal> {
    let reads = matches!(parts.method, Method::GET | Method::HEAD);
    let headers = &parts.headers;
    let is_meant = headers.contains_key(CSRF_HEADER) || parts.extensions.get::<IsPage>().is_some();
    if reads || (is_meant && origin::is_same_site(headers)) {
        return Ok(());
    }
    let message = "a page that is signed in must send the header X-Attractor-Csrf with what changes something";
    Err(Refusal::with_status(StatusCode::FORBIDDEN, "csrf", message))
}

/// The token behind `Authorization: Bearer`.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Notes that somebody came with something that isn't good.
pub(crate) async fn fail(app: &App, parts: &Parts, message: &'static str) -> Error {
    let address = address(parts);
    if let Err(error) = app.throttle().failed(address, app.now()) {
        return error;
    }
    app.record_failure(address).await;
    Error::new(ErrorKind::Unauthenticated, "unauthenticated", message)
}

/// Where a request comes from.
fn address(parts: &Parts) -> IpAddr {
    let known = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    known.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |it| it.0.ip())
}

//! Signing in with a browser, and out.

use axum::extract::{Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::error::{ErrorBody, Refusal};
use super::extract::{Caller, Json};
use super::respond::{self, Answer};
use crate::app::App;
use crate::auth;
use crate::domain::{ApiToken, Error, NewAuditEntry, Principal, ProjectId, Role, TokenId};

/// Who is signed in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Session {
    /// What people call the token.
    name: String,
    role: Role,
    /// The only project that is seen; all if none.
    project_id: Option<ProjectId>,
    token_id: TokenId,
}

impl From<Principal> for Session {
    fn from(who: Principal) -> Self {
        Self {
            name: who.name,
            role: who.role,
            project_id: who.project_id,
            token_id: who.token_id,
        }
    }
}

#[derive(Deserialize, ToSchema)]
pub(super) struct SignIn {
    /// An API token, `att_…`.
    #[schema(example = "att_…")]
    token: String,
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignIn")
    }
}

/// Who asks.
#[utoipa::path(get, path = "/api/session", tag = "access", responses((status = 200, body = Session)))]
pub(super) async fn read(Caller(who): Caller) -> Answer {
    respond::ok(&Session::from(who))
}

/// Signs a browser in with a token: sets a cookie that its pages can't read. What they then change
/// must come with the header `X-Attractor-Csrf`.
#[utoipa::path(post, path = "/api/session", tag = "access", request_body = SignIn, responses(
    (status = 201, body = Session),
    (status = 401, description = "The token isn't good", body = ErrorBody),
    (status = 429, description = "Too many sign-ins have failed", body = ErrorBody),
))]
pub(super) async fn create(State(app): State<App>, request: Request) -> Answer {
    let (parts, body) = request.into_parts();
    let request = Request::from_parts(parts.clone(), body);
    let Json(body) =
        <Json<SignIn> as axum::extract::FromRequest<App>>::from_request(request, &app).await?;
    let (token, cookie) = by_token(&app, &parts, &body.token).await?;
    let mut response = respond::created(&Session::from(principal(token)), None)?;
    response.headers_mut().insert(SET_COOKIE, cookie);
    Ok(response)
}

/// Signs the browser out.
#[utoipa::path(delete, path = "/api/session", tag = "access", responses((status = 204)))]
pub(super) async fn delete(State(app): State<App>, headers: HeaderMap) -> Answer {
    let cookie = end(&app, &headers).await?;
    let mut response = respond::nothing()?;
    response.headers_mut().insert(SET_COOKIE, cookie);
    Ok(response)
}

/// Signs a browser in with the secret of a link that the server has printed: the cookie.
pub(crate) async fn by_link(app: &App, parts: &Parts, link: &str) -> Result<HeaderValue, Refusal> {
    let id = match auth::use_link(app, link).await {
        Ok(id) => id,
        Err(error) if error.code() == "invalid_link" => {
            return Err(auth::fail(app, parts, auth::INVALID_LINK).await.into());
        }
        Err(error) => return Err(error.into()),
    };
    let token = app.store().token(&id).await?;
    begin(app, &token, "link").await
}

/// Signs a browser in with a token: whose it is, and the cookie.
pub(crate) async fn by_token(
    app: &App,
    parts: &Parts,
    token: &str,
) -> Result<(ApiToken, HeaderValue), Refusal> {
    let hash = auth::hash_of(token);
    let Some(token) = app.store().token_by_hash(&hash, app.now()).await? else {
        return Err(auth::fail(app, parts, "the token isn't good").await.into());
    };
    let cookie = begin(app, &token, "token").await?;
    Ok((token, cookie))
}

/// Signs a browser out: the cookie that takes the other one's place.
pub(crate) async fn end(app: &App, headers: &HeaderMap) -> Result<HeaderValue, Error> {
    if let Some(cookie) = auth::session_value(app.config(), headers) {
        app.store().delete_session(&auth::hash_of(cookie)).await?;
    }
    header(auth::cleared(app.config()))
}

async fn begin(app: &App, token: &ApiToken, by: &str) -> Result<HeaderValue, Refusal> {
    let ticket = auth::begin_session(app, token.id.clone()).await?;
    app.record(NewAuditEntry {
        actor: token.name.clone(),
        action: "sign_in".to_owned(),
        project_id: token.project_id.clone(),
        subject: Some(token.id.to_string()),
        details: json!({ "by": by }),
    })
    .await;
    Ok(header(auth::session_cookie(app.config(), ticket.expose()))?)
}

fn header(text: String) -> Result<HeaderValue, Error> {
    HeaderValue::try_from(text)
        .map_err(|error| Error::internal("a cookie can't be written").caused_by(error))
}

fn principal(token: ApiToken) -> Principal {
    Principal {
        token_id: token.id,
        name: token.name,
        role: token.role,
        project_id: token.project_id,
    }
}

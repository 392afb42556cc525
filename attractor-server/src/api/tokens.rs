//! API tokens.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::check;
use super::error::ErrorBody;
use super::extract::{Caller, Json, PageQuery, Path, Query, invalid_field};
use super::respond::{self, Answer};
use crate::app::App;
use crate::auth::{Kind, Ticket};
use crate::domain::{ApiToken, Error, NewToken, Principal, ProjectId, Role, Timestamp, TokenId};

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Tokens {
    /// Newest first; revoked ones, too.
    tokens: Vec<ApiToken>,
    next_cursor: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NewToken)]
pub(crate) struct NewTokenBody {
    #[schema(min_length = 1, max_length = 120, example = "ci")]
    name: String,
    role: Role,
    /// The only project that its bearer sees; all if none.
    #[serde(default)]
    project_id: Option<String>,
    /// When it ends; never, if none.
    #[serde(default)]
    expires_at: Option<Timestamp>,
}

/// A new token; the only answer that has its text.
#[derive(Serialize, ToSchema)]
pub(super) struct CreatedToken {
    #[serde(flatten)]
    about: ApiToken,
    /// What its bearer sends: `Authorization: Bearer att_…`.
    #[schema(example = "att_…")]
    token: String,
}

/// All tokens; never their texts.
#[utoipa::path(get, path = "/api/tokens", tag = "access", params(PageQuery), responses(
    (status = 200, body = Tokens),
))]
pub(super) async fn list(State(app): State<App>, Query(query): Query<PageQuery>) -> Answer {
    let page = app.store().tokens(&query.request()?).await?;
    respond::ok(&Tokens {
        tokens: page.items,
        next_cursor: page.next,
    })
}

/// Creates a token.
#[utoipa::path(post, path = "/api/tokens", tag = "access", request_body = NewTokenBody, responses(
    (status = 201, body = CreatedToken),
    (status = 404, description = "There is no such project", body = ErrorBody),
))]
pub(super) async fn create(
    State(app): State<App>,
    Caller(who): Caller,
    Json(body): Json<NewTokenBody>,
) -> Answer {
    let (about, ticket) = create_token(&app, &who, body).await?;
    let token = ticket.expose().to_owned();
    respond::created(&CreatedToken { about, token }, None)
}

/// Creates a token: what is known of it, and its text.
pub(crate) async fn create_token(
    app: &App,
    who: &Principal,
    body: NewTokenBody,
) -> Result<(ApiToken, Ticket), Error> {
    check::name("name", &body.name)?;
    if body.expires_at.is_some_and(|end| end <= app.now()) {
        return Err(invalid_field("expiresAt", "it must be in the future"));
    }
    let project_id: Option<ProjectId> = body.project_id.map(|id| id.parse()).transpose()?;
    if let Some(id) = &project_id {
        app.store().project(id).await?;
    }
    let ticket = Ticket::new(Kind::Token);
    let new = NewToken {
        name: body.name,
        role: body.role,
        project_id,
        expires_at: body.expires_at,
        hash: ticket.hash(),
    };
    let about = app.store().create_token(new).await?;
    let details = json!({ "name": about.name, "role": about.role });
    let project = about.project_id.as_ref();
    app.audit(who, "token.create", project, about.id.as_str(), details)
        .await;
    Ok((about, ticket))
}

/// Takes a token back, with the sessions that began with it.
#[utoipa::path(delete, path = "/api/tokens/{tokenId}", tag = "access",
    params(("tokenId" = String, Path)),
    responses((status = 200, body = ApiToken), (status = 404, body = ErrorBody)),
)]
pub(super) async fn revoke(
    State(app): State<App>,
    Caller(who): Caller,
    Path(id): Path<TokenId>,
) -> Answer {
    respond::ok(&revoke_token(&app, &who, &id).await?)
}

/// Takes a token back.
pub(crate) async fn revoke_token(
    app: &App,
    who: &Principal,
    id: &TokenId,
) -> Result<ApiToken, Error> {
    let token = app.store().revoke_token(id, app.now()).await?;
    let project = token.project_id.as_ref();
    let details = json!({ "name": token.name });
    app.audit(who, "token.revoke", project, id.as_str(), details)
        .await;
    Ok(token)
}

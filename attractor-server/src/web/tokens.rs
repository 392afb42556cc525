use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::address::with_query;
use super::form::Form;
use super::limits::ROWS;
use super::runs::names_of_projects;
use super::shell::{Shell, Visitor};
use super::show;
use crate::api::tokens::{create_token, revoke_token};
use crate::api::{Answer, Path, Query};
use crate::app::App;
use crate::domain::{ApiToken, Error, PageRequest, ProjectId, Timestamp, TokenId};

#[derive(Debug, Template)]
#[template(path = "tokens/page.html")]
struct TokensPage {
    shell: Shell,
    tokens: Vec<Row>,
    /// What a token may be for.
    projects: Vec<(String, String)>,
    form: Form,
    /// The text of the one that was just created.
    created: Option<String>,
    next: Option<String>,
    first: Option<&'static str>,
}

#[derive(Debug)]
struct Row {
    token: ApiToken,
    project: Option<String>,
    /// Whether it lets nobody in any more.
    is_over: bool,
    /// Whether it's the one that whoever looks is signed in with.
    is_own: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TokensQuery {
    cursor: String,
}

impl TokensPage {
    async fn read(app: &App, visitor: Visitor, cursor: &str, form: Form) -> Result<Self, Error> {
        let cursor = Some(cursor).filter(|it| !it.is_empty());
        let request = PageRequest::new(Some(ROWS), cursor)?;
        let read = app.store().tokens(&request).await?;
        let names = names_of_projects(app, &visitor.who).await?;
        let (now, own) = (visitor.shell.now, &visitor.who.token_id);
        let row = |token: ApiToken| Row {
            project: token.project_id.as_ref().map(|id| {
                let name = names.get(id).cloned();
                name.unwrap_or_else(|| id.to_string())
            }),
            is_over: token.revoked_at.is_some() || token.expires_at.is_some_and(|end| end <= now),
            is_own: token.id == *own,
            token,
        };
        let project = |(id, name): (&ProjectId, &String)| (id.to_string(), name.clone());
        let all = ("".to_owned(), "all projects".to_owned());
        Ok(Self {
            tokens: read.items.into_iter().map(row).collect(),
            projects: std::iter::once(all)
                .chain(names.iter().map(project))
                .collect(),
            created: None,
            next: read
                .next
                .map(|next| with_query("/tokens", &[("cursor", next)])),
            first: cursor.map(|_| "/tokens"),
            shell: visitor.shell,
            form,
        })
    }

    fn roles(&self) -> [(&'static str, &'static str); 3] {
        [
            ("viewer", "viewer: reads all but secrets"),
            ("operator", "operator: runs, answers, writes attractors"),
            ("admin", "admin: everything"),
        ]
    }

    fn ends(&self) -> [(&'static str, &'static str); 4] {
        [
            ("", "never"),
            ("7", "in a week"),
            ("30", "in 30 days"),
            ("365", "in a year"),
        ]
    }
}

/// All tokens, and where one is created.
pub(super) async fn page(
    State(app): State<App>,
    Query(query): Query<TokensQuery>,
    visitor: Visitor,
) -> Answer {
    let form = Form::of([("role", "operator".to_owned())]);
    let page = TokensPage::read(&app, visitor, &query.cursor, form).await?;
    show::page(&page.shell, &page)
}

/// Creates one, and shows its text: this once.
pub(super) async fn create(State(app): State<App>, visitor: Visitor, form: Form) -> Answer {
    let body = body(&form, visitor.shell.now).and_then(Form::body);
    let done = match body {
        Ok(body) => create_token(&app, &visitor.who, body).await,
        Err(error) => Err(error),
    };
    match done {
        Ok((_, ticket)) => {
            let form = Form::of([("role", "operator".to_owned())]);
            let mut page = TokensPage::read(&app, visitor, "", form).await?;
            page.created = Some(ticket.expose().to_owned());
            show::with_status(StatusCode::CREATED, &page.shell, &page)
        }
        Err(error) => {
            let (form, status) = form.refused(error)?;
            let page = TokensPage::read(&app, visitor, "", form).await?;
            show::with_status(status, &page.shell, &page)
        }
    }
}

fn body(form: &Form, now: Timestamp) -> Result<Vec<(&'static str, Value)>, Error> {
    let days = form.given("ends").map(str::parse::<u64>).transpose();
    let days = days.map_err(|_| Error::invalid("invalid_field", "ends: it must be in days"))?;
    let day = std::time::Duration::from_secs(24 * 60 * 60);
    let ends = days.map(|days| now.plus(day * u32::try_from(days).unwrap_or(u32::MAX)));
    Ok(vec![
        ("name", json!(form.get("name"))),
        ("role", json!(form.get("role"))),
        ("projectId", json!(form.given("projectId"))),
        ("expiresAt", json!(ends)),
    ])
}

/// Takes one back.
pub(super) async fn revoke(
    State(app): State<App>,
    Path(id): Path<TokenId>,
    visitor: Visitor,
    _: Form,
) -> Answer {
    revoke_token(&app, &visitor.who, &id).await?;
    show::go_to("/tokens")
}

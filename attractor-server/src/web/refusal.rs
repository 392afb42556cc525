use askama::Template;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{ACCEPT, ALLOW, RETRY_AFTER};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use url::form_urlencoded;

use super::shell::Shell;
use super::show;
use crate::api::{Answer, Caller, Told};
use crate::app::App;
use crate::auth::{self, PAGES};

/// What a browser shows in place of a page that it doesn't get.
#[derive(Debug, Template)]
#[template(path = "refusal.html")]
struct RefusalPage {
    shell: Shell,
    status: u16,
    title: &'static str,
    message: String,
    advice: &'static str,
    /// Where one signs in, if that helps.
    sign_in: Option<String>,
}

/// Turns what a browser is refused into a page; whoever isn't signed in is led to where one signs in, and
/// back.
pub(crate) async fn explain(State(app): State<App>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let (method, uri, headers) = (
        parts.method.clone(),
        parts.uri.clone(),
        parts.headers.clone(),
    );
    let matched = parts.extensions.get::<MatchedPath>().cloned();
    let response = next.run(Request::from_parts(parts, body)).await;
    let told = response.extensions().get::<Told>().cloned();
    let path = matched.as_ref().map(MatchedPath::as_str);
    let Some(told) = told.filter(|_| wants_page(&headers, uri.path(), path)) else {
        return response;
    };
    let status = response.status();
    let place = uri
        .path_and_query()
        .map_or(uri.path(), |it| it.as_str())
        .to_owned();
    let back = match method {
        Method::GET => Some(place),
        // What was sent is lost; the form is at the same address.
        _ if matched.is_some_and(|it| has_page(it.as_str())) => Some(uri.path().to_owned()),
        _ => None,
    };
    let sign_in = sign_in_at(back.as_deref());
    let page = match status {
        StatusCode::UNAUTHORIZED if method == Method::GET => show::go_to(&sign_in),
        _ => {
            let caller = response.extensions().get::<Caller>().cloned();
            let who = match caller {
                Some(caller) => Some(caller.0),
                // Nobody has asked who it is: there is no such page.
                None => auth::visitor(&app, &headers).await,
            };
            let shell = Shell::new(&app, &headers, uri.path(), who);
            refused(shell, status, told, sign_in)
        }
    };
    let Ok(mut page) = page else {
        return response;
    };
    // What the refusal says beside its text: when to come back, which methods there are.
    for name in [RETRY_AFTER, ALLOW] {
        if let Some(value) = response.headers().get(&name) {
            page.headers_mut().insert(name, value.clone());
        }
    }
    page
}

/// Where one signs in to come back to a place.
fn sign_in_at(back: Option<&str>) -> String {
    match back.filter(|it| *it != "/") {
        Some(back) => {
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair("next", back)
                .finish();
            format!("/sign-in?{query}")
        }
        None => "/sign-in".to_owned(),
    }
}

/// Whether a path, as it's routed, is that of a page.
fn has_page(path: &str) -> bool {
    PAGES
        .iter()
        .any(|rule| rule.method == "GET" && rule.path == path)
}

/// Where another site sends browsers to, although it's the API's.
const CALLBACK: &str = "/api/github/app/callback";

/// Whether the answer is for a browser's window.
fn wants_page(headers: &HeaderMap, path: &str, matched: Option<&str>) -> bool {
    let is_apart = path.starts_with("/api/") || path.starts_with("/pipelines");
    wants_html(headers) && (!is_apart || matched == Some(CALLBACK))
}

/// Whether a browser's window asks. Scripts, which ask for parts of pages, don't say that they want HTML, and
/// get what programs get.
pub(crate) fn wants_html(headers: &HeaderMap) -> bool {
    let accepts = headers.get(ACCEPT).and_then(|it| it.to_str().ok());
    accepts.is_some_and(|it| it.contains("text/html"))
}

fn refused(shell: Shell, status: StatusCode, told: Told, sign_in: String) -> Answer {
    let (title, advice) = match status.as_u16() {
        401 if told.code == "invalid_link" => (
            "This link doesn't sign in",
            "Links are good once, for 15 minutes. Start the server anew for another one, or sign in with a token.",
        ),
        401 => (
            "You are signed out",
            "What you sent wasn't done. Sign in, and send it again.",
        ),
        403 if told.code == "csrf" => ("This form is too old", ""),
        403 => (
            "You may not do this",
            "Ask an administrator of the factory for a token with more rights.",
        ),
        400 if told.code == "invalid_state" => (
            "GitHub's answer can't be used",
            "Begin again from the project's settings: each attempt is good once, for half an hour, and for who began it.",
        ),
        400 if told.code == "installation_requested" => ("The App isn't installed yet", ""),
        404 => (
            "There is nothing here",
            "It may have been deleted, or belong to a project that you don't see.",
        ),
        409 => ("That isn't possible now", ""),
        413 => ("That is too much", ""),
        429 => ("Too many attempts", ""),
        502 | 503 => (
            "Something that is needed can't be reached",
            "Try again in a moment.",
        ),
        500..=599 => (
            "The server failed",
            "That isn't your fault. Its log says why.",
        ),
        _ => ("That didn't work", ""),
    };
    let is_signed_out = shell.who.is_none() && matches!(status.as_u16(), 401 | 404);
    let page = RefusalPage {
        shell,
        status: status.as_u16(),
        title,
        message: sentence(told),
        advice,
        sign_in: is_signed_out.then_some(sign_in),
    };
    show::with_status(status, &page.shell, &page)
}

/// What is told, as a sentence.
fn sentence(told: Told) -> String {
    if told.code == "no_such_route" {
        return "This address leads to no page.".to_owned();
    }
    let mut letters = told.message.chars();
    let first = letters.next().map(char::to_uppercase);
    let mut text: String = first.into_iter().flatten().chain(letters).collect();
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}

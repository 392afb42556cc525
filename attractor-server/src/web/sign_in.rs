use askama::Template;
use axum::extract::{FromRequest as _, Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::form::Form;
use super::shell::Shell;
use super::show;
use crate::api::{Answer, Query, session};
use crate::app::App;
use crate::domain::{Error, ErrorKind};

#[derive(Debug, Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    shell: Shell,
    form: Form,
}

#[derive(Deserialize)]
pub(super) struct SignInQuery {
    /// The secret of a link that the server has printed.
    #[serde(default)]
    link: Option<String>,
    /// Where to go then.
    #[serde(default)]
    next: Option<String>,
}

/// Where one signs in; with a link, one is signed in.
pub(super) async fn page(
    State(app): State<App>,
    Query(query): Query<SignInQuery>,
    request: Request,
) -> Answer {
    let (parts, _) = request.into_parts();
    if let Some(link) = query.link {
        let cookie = session::by_link(&app, &parts, &link).await?;
        let mut response = show::go_to("/")?;
        response.headers_mut().insert(SET_COOKIE, cookie);
        return Ok(response);
    }
    let shell = Shell::new(&app, &parts.headers, parts.uri.path(), None);
    let next = query.next.filter(|it| is_ours(it)).unwrap_or_default();
    let page = SignInPage {
        shell,
        form: Form::of([("next", next)]),
    };
    show::page(&page.shell, &page)
}

/// Signs in with a token.
pub(super) async fn sign_in(State(app): State<App>, request: Request) -> Answer {
    let (parts, body) = request.into_parts();
    let request = Request::from_parts(parts.clone(), body);
    let form = Form::from_request(request, &app).await?;
    let next = Some(form.get("next")).filter(|it| is_ours(it));
    let next = next.unwrap_or("/").to_owned();
    match session::by_token(&app, &parts, form.get("token").trim()).await {
        Ok((_, cookie)) => {
            let mut response = show::go_to(&next)?;
            response.headers_mut().insert(SET_COOKIE, cookie);
            Ok(response)
        }
        Err(refusal) if refusal.code() == "unauthenticated" => {
            let shell = Shell::new(&app, &parts.headers, parts.uri.path(), None);
            let message = "token: the server knows no such token, or it is over or revoked";
            let details = serde_json::json!({ "field": "token" });
            let error = Error::new(ErrorKind::Invalid, "invalid_token", message);
            let form = Form::of([("next", next)]);
            let (form, _) = form.refused(error.with_details(details))?;
            let page = SignInPage { shell, form };
            show::with_status(StatusCode::UNAUTHORIZED, &page.shell, &page)
        }
        Err(refusal) => Err(refusal),
    }
}

/// Signs out.
pub(super) async fn sign_out(State(app): State<App>, headers: HeaderMap, _: Form) -> Answer {
    let cookie = session::end(&app, &headers).await?;
    let mut response = show::go_to("/sign-in")?;
    response.headers_mut().insert(SET_COOKIE, cookie);
    Ok(response)
}

/// Whether a place is one of this server's: a path, that no browser takes for another host.
fn is_ours(place: &str) -> bool {
    let rest = place.strip_prefix('/');
    let has_host = |rest: &str| rest.starts_with(['/', '\\']);
    rest.is_some_and(|rest| !has_host(rest)) && !place.contains(|c: char| c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_to_another_site() {
        assert!(is_ours("/") && is_ours("/runs/c1?x=//y"));
        for bad in [
            "",
            "x",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/\t/evil.example",
        ] {
            assert!(!is_ours(bad), "{bad}");
        }
    }
}

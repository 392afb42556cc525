use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::IF_NONE_MATCH;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::assets;
use super::moment::{Moment, dollars};
use crate::api::{Caller, Refusal};
use crate::app::App;
use crate::auth;
use crate::domain::{Principal, ProjectId, Role, Timestamp};

/// What every page has around it: who is signed in, where they are, how they like to see it.
#[derive(Clone, Debug)]
pub(crate) struct Shell {
    /// Who is signed in; nobody on the page where one signs in.
    pub(crate) who: Option<Principal>,
    /// `light` or `dark`; what the system says, if empty.
    pub(crate) theme: &'static str,
    /// What forms send to show that they are ours.
    pub(crate) csrf: String,
    /// What styles that scripts add have, to be taken as ours.
    pub(crate) nonce: String,
    /// Where the files are that pages are made of.
    pub(crate) assets: String,
    /// The path of the page.
    pub(crate) path: String,
    pub(crate) now: Timestamp,
    /// The part of the page that the browser has: its tag.
    pub(crate) known: Option<String>,
    /// Whether the page draws graphs, which takes WebAssembly.
    pub(crate) has_graph: bool,
}

impl Shell {
    /// What is known of a request.
    pub(crate) fn new(app: &App, headers: &HeaderMap, path: &str, who: Option<Principal>) -> Self {
        let session = auth::session_value(app.config(), headers);
        Self {
            who,
            theme: theme(headers),
            csrf: csrf(session),
            nonce: URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>()),
            assets: assets::base(),
            path: path.to_owned(),
            now: app.now(),
            known: known(headers),
            has_graph: false,
        }
    }

    /// The same for a page with a graph.
    #[must_use]
    pub(crate) fn with_graph(mut self) -> Self {
        self.has_graph = true;
        self
    }

    /// What the page may load and do.
    pub(super) fn policy(&self) -> String {
        let wasm = if self.has_graph {
            " 'wasm-unsafe-eval'"
        } else {
            ""
        };
        format!(
            "default-src 'self'; base-uri 'none'; connect-src 'self'; form-action 'self'; \
             frame-ancestors 'none'; img-src 'self' data: blob:; object-src 'none'; \
             script-src 'self'{wasm}; style-src 'self' 'nonce-{}'",
            self.nonce
        )
    }

    /// Whether a path is this page's or one above it: `/projects` of `/projects/c1/secrets`.
    pub(crate) fn is_at(&self, path: &str) -> bool {
        let rest = self.path.strip_prefix(path);
        rest.is_some_and(|rest| rest.is_empty() || (path != "/" && rest.starts_with('/')))
    }

    /// Whether whoever is signed in may do what takes a role, in a project.
    pub(crate) fn may(&self, role: Role, project: &ProjectId) -> bool {
        self.who
            .as_ref()
            .is_some_and(|who| who.may(role, Some(project)).is_ok())
    }

    /// Whether whoever is signed in may write and run things in a project.
    pub(crate) fn operates(&self, project: &ProjectId) -> bool {
        self.may(Role::Operator, project)
    }

    /// Whether whoever is signed in may do everything in a project.
    pub(crate) fn administers(&self, project: &ProjectId) -> bool {
        self.may(Role::Admin, project)
    }

    /// Whether whoever is signed in may do everything in the factory.
    pub(crate) fn is_admin(&self) -> bool {
        self.who
            .as_ref()
            .is_some_and(|who| who.may(Role::Admin, None).is_ok())
    }

    /// The word for what whoever is signed in may do.
    pub(crate) fn role(&self) -> &'static str {
        self.who.as_ref().map_or("", |who| who.role.as_str())
    }

    /// A moment, as seen from now.
    pub(crate) fn when(&self, at: &Timestamp) -> Moment {
        Moment {
            at: *at,
            now: self.now,
        }
    }

    /// An amount in micro-dollars.
    pub(crate) fn dollars(&self, micro: &i64) -> String {
        dollars(*micro)
    }
}

/// What a form of a session's pages has to send: nobody else can know it, and it says nothing about the
/// session.
pub(super) fn csrf(session: Option<&str>) -> String {
    let mut sum = Sha256::new();
    sum.update(b"attractor form\0");
    sum.update(session.unwrap_or_default().as_bytes());
    URL_SAFE_NO_PAD.encode(sum.finalize())
}

fn known(headers: &HeaderMap) -> Option<String> {
    let tag = headers.get(IF_NONE_MATCH)?.to_str().ok()?;
    Some(tag.to_owned())
}

/// How the reader likes to see pages; a script of ours sets the cookie.
fn theme(headers: &HeaderMap) -> &'static str {
    match auth::cookie_value(headers, "attractor_theme") {
        Some("light") => "light",
        Some("dark") => "dark",
        _ => "",
    }
}

/// Whoever looks at a page, and what is around it.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    pub(crate) who: Principal,
    pub(crate) shell: Shell,
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let Caller(who) = Caller::from_request_parts(parts, app).await?;
        let shell = Shell::new(app, &parts.headers, parts.uri.path(), Some(who.clone()));
        Ok(Self { who, shell })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forms_token_is_the_sessions_and_does_not_show_it() {
        assert_eq!(csrf(Some("ats_1")), csrf(Some("ats_1")));
        assert_ne!(csrf(Some("ats_1")), csrf(Some("ats_2")));
        assert_ne!(csrf(None), csrf(Some("ats_1")));
        assert!(!csrf(Some("ats_1")).contains("ats_1"));
    }
}

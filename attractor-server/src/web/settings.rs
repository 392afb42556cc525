use std::time::Duration;

use askama::Template;
use axum::extract::State;
use serde::Deserialize;

use super::address::with_query;
use super::limits::ROWS;
use super::shell::{Shell, Visitor};
use super::show;
use crate::api::{Answer, Query};
use crate::app::App;
use crate::domain::{AuditEntry, PageRequest};

#[derive(Debug, Template)]
#[template(path = "settings/page.html")]
struct SettingsPage {
    shell: Shell,
    version: &'static str,
    facts: Vec<(&'static str, String)>,
    entries: Vec<AuditEntry>,
    next: Option<String>,
    first: Option<&'static str>,
}

impl SettingsPage {
    /// What is known besides, in a line.
    fn details(&self, entry: &AuditEntry) -> String {
        let Some(fields) = entry.details.as_object() else {
            return String::new();
        };
        let shown = fields.iter().filter(|(_, value)| !value.is_null());
        let shown = shown.map(|(name, value)| match value.as_str() {
            Some(text) => format!("{name}: {text}"),
            None => format!("{name}: {value}"),
        });
        shown.collect::<Vec<_>>().join(", ")
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SettingsQuery {
    cursor: String,
}

/// How the server is set up, and who did what.
pub(super) async fn page(
    State(app): State<App>,
    Query(query): Query<SettingsQuery>,
    visitor: Visitor,
) -> Answer {
    let cursor = Some(query.cursor.as_str()).filter(|it| !it.is_empty());
    let request = PageRequest::new(Some(ROWS), cursor)?;
    let project = visitor.who.project_id.as_ref();
    let read = app.store().audit(project, &request).await?;
    let page = SettingsPage {
        version: env!("CARGO_PKG_VERSION"),
        facts: facts(&app),
        entries: read.items,
        next: read
            .next
            .map(|next| with_query("/settings", &[("cursor", next)])),
        first: cursor.map(|_| "/settings"),
        shell: visitor.shell,
    };
    show::page(&page.shell, &page)
}

/// How the server is set up; nothing of it is a secret.
fn facts(app: &App) -> Vec<(&'static str, String)> {
    let config = app.config();
    let roots = config.repository_roots.iter();
    let roots: Vec<String> = roots.map(|it| it.display().to_string()).collect();
    let none = |text: String| match text.is_empty() {
        true => "none".to_owned(),
        false => text,
    };
    let image = config.runner_image.clone();
    let slug = config.github_app_slug.clone();
    vec![
        ("Address", config.base_url()),
        ("Directory", config.data_dir.display().to_string()),
        ("Runs at a time", config.max_runs.to_string()),
        ("Of one project", config.max_project_runs.to_string()),
        ("Runs are kept", kept(config.keep_runs)),
        (
            "Runs are",
            image.map_or_else(
                || "processes on this machine".to_owned(),
                |it| format!("containers of {it}"),
            ),
        ),
        ("GitHub App", none(slug.unwrap_or_default())),
        ("Local repositories below", none(roots.join(", "))),
        (
            "Hosts of private networks",
            none(config.repository_hosts.join(", ")),
        ),
    ]
}

fn kept(time: Option<Duration>) -> String {
    match time.map(|it| it.as_secs() / (24 * 60 * 60)) {
        None => "for ever".to_owned(),
        Some(1) => "a day after they have ended".to_owned(),
        Some(days) => format!("{days} days after they have ended"),
    }
}

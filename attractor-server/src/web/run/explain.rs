use askama::Template;
use attractor_core::Hop;
use axum::extract::State;

use crate::api::{Answer, OfRun, runs};
use crate::app::App;
use crate::domain::{ErrorKind, Run};
use crate::web::shell::{Shell, Visitor};
use crate::web::show;

/// Why the run went the way it went.
#[derive(Debug, Template)]
#[template(path = "run/explain.html")]
struct ExplainPage {
    shell: Shell,
    run: Run,
    hops: Vec<Hop>,
    /// Why it can't be explained.
    problem: Option<String>,
}

/// Which edge was taken at each hop, by which rule, and why not the others.
pub(super) async fn page(State(app): State<App>, visitor: Visitor, OfRun(run): OfRun) -> Answer {
    let (hops, problem) = match runs::hops(&app, &run).await {
        Ok(hops) => (hops, None),
        Err(error) if error.kind() == ErrorKind::Conflict => (Vec::new(), Some(error.to_string())),
        Err(error) => return Err(error.into()),
    };
    let page = ExplainPage {
        shell: visitor.shell,
        run,
        hops,
        problem,
    };
    show::page(&page.shell, &page)
}

/// Whether one edge without a condition says it all.
fn is_obvious(hop: &Hop) -> bool {
    matches!(hop.candidates.as_slice(), [only] if only.taken && only.holds.is_none())
}

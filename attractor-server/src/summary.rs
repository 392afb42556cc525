//! What is said when a run has ended.

use std::path::Path;

use attractor_core::engine::{RunReport, RunStatus};
use attractor_core::{Limit, LimitReached};

use crate::console::{self, style};
use crate::drive::Ended;
use crate::exit::Exit;
use crate::progress::{format, totals};
use crate::settings::Settings;
use crate::workspace;

/// Says how the run ended, what it used, what it changed and where its directory is.
pub(crate) fn show(ended: &Ended, settings: &Settings, run_dir: &Path) {
    let (bold, dim) = (style::BOLD, style::DIM);
    console::out("");
    console::out(headline(&ended.report));
    let counted = &ended.totals;
    let retries = match counted.retries {
        0 => String::new(),
        1 => ", 1 retry".to_owned(),
        more => format!(", {more} retries"),
    };
    let calls = match counted.tool_calls {
        0 => String::new(),
        1 => ", 1 tool call".to_owned(),
        more => format!(", {more} tool calls"),
    };
    console::out(format!(
        "  {dim}stages{dim:#}         {}{retries}{calls}",
        counted.stages
    ));
    if let Some(usage) = totals::describe(&ended.report.usage) {
        console::out(format!("  {dim}tokens{dim:#}         {usage}"));
        if !counted.unpriced.is_empty() {
            let models = counted
                .unpriced
                .iter()
                .cloned()
                .collect::<Vec<_>>()
                .join(", ");
            console::out(format!(
                "  {dim}cost{dim:#}           unknown: no prices for {models}"
            ));
        }
    }
    if let Some(change) = changes(settings) {
        console::out(format!("  {dim}changes{dim:#}        {change}"));
    }
    console::out(format!(
        "  {dim}run directory{dim:#}  {}",
        run_dir.display()
    ));
    let (flag, how) = match ended.report.status {
        RunStatus::Success => return,
        RunStatus::Cancelled => (String::new(), "continues it"),
        RunStatus::Paused => match ended.report.limit_reached {
            Some(reached) => (format!(" {}", raise(&reached)), "goes on from there"),
            None => (String::new(), "goes on from there"),
        },
        RunStatus::Fail => (
            String::new(),
            "tries again what failed, and goes on from there",
        ),
    };
    console::out(format!(
        "\n{bold}attractor resume {}{flag}{bold:#} {how}",
        run_dir.display()
    ));
}

/// The flag that raises a limit, with twice of what there was.
pub(crate) fn raise(reached: &LimitReached) -> String {
    let twice = reached.max.max(reached.spent).saturating_mul(2);
    match reached.limit {
        Limit::MaxCost => {
            let (dollars, micro) = (twice / 1_000_000, twice % 1_000_000);
            let amount = format!("{dollars}.{micro:06}");
            let amount = amount.trim_end_matches('0').trim_end_matches('.');
            format!("--max-cost-usd {amount}")
        }
        Limit::MaxDuration => format!("--max-duration {}s", twice.div_ceil(1_000)),
        limit => format!("--{} {twice}", limit.as_str().replace('_', "-")),
    }
}

fn headline(report: &RunReport) -> String {
    let (good, bad, warn) = (style::GOOD, style::ERROR, style::WARN);
    let took = format::duration(report.duration);
    let reason = format::harmless(report.reason.as_deref().unwrap_or("no reason was given"));
    let reason = reason.trim_end();
    match report.status {
        RunStatus::Success => format!("{good}run succeeded{good:#} in {took}"),
        RunStatus::Cancelled => format!("{warn}run interrupted{warn:#} after {took}"),
        RunStatus::Paused => format!("{warn}run paused{warn:#} after {took}: {reason}"),
        _ => format!("{bad}run failed{bad:#} after {took}: {reason}"),
    }
}

/// `2 files changed, …` against the work tree before the run; `None` without git.
fn changes(settings: &Settings) -> Option<String> {
    let before = settings.before.as_ref()?;
    let after = workspace::snapshot_after(&settings.workdir, before)?;
    if after.tracked_only() != before.tracked_only() {
        return Some(
            "not counted: the run has left too many files that git doesn't track".to_owned(),
        );
    }
    let stat = workspace::diff_stat(&settings.workdir, before, &after)?;
    let text = match stat.files {
        0 => "none".to_owned(),
        _ => stat.summary(),
    };
    Some(if before.tracked_only() {
        text + " (tracked files only: there are too many others)"
    } else {
        text
    })
}

/// The exit code that goes with how the run ended.
pub(crate) fn exit(ended: &Ended) -> Exit {
    match ended.report.status {
        RunStatus::Success => Exit::Success,
        RunStatus::Cancelled => ended.signal.unwrap_or(Exit::Interrupted),
        RunStatus::Paused => Exit::Paused,
        _ => Exit::Failure,
    }
}

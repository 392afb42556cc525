//! `attractor explain RUN_DIR [NODE]`.

use std::path::PathBuf;

use attractor_core::run::{Candidate, Ending, Seen};
use attractor_core::{Hop, HopRule, NodeId};
use clap::Args;
use serde_json::json;

use super::OutputArgs;
use crate::console::style;
use crate::exit::Exit;
use crate::progress::format::{harmless, line};
use crate::record::Record;
use crate::{Error, console, report};

/// Characters of a value, a label or a reason in one line of the explanation.
const COLUMNS: usize = 100;

/// Say for each hop of a run which edge was taken, by which rule, and why not the others.
#[derive(Args, Debug)]
pub(super) struct ExplainArgs {
    /// The run's directory, or the id of a run in the default place.
    run_dir: PathBuf,
    /// Only the hops from and to this node.
    node: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn execute(args: &ExplainArgs) -> Exit {
    report::or_show(args.output.json, explain(args))
}

fn explain(args: &ExplainArgs) -> Result<Exit, Error> {
    let record = Record::open(&args.run_dir)?;
    if let Some(node) = &args.node {
        record.check_node(node)?;
    }
    let run = record.replay()?;
    let hops = record.explain()?;
    let about = |hop: &&Hop| {
        let is = |id: &Option<NodeId>| id.as_ref().map(NodeId::as_str) == args.node.as_deref();
        args.node.is_none() || is(&hop.from) || is(&hop.to)
    };
    let shown: Vec<&Hop> = hops.iter().filter(about).collect();
    if args.output.json {
        let status = match run.ending() {
            Some(Ending::Success) => "success",
            Some(Ending::Failure { .. }) => "fail",
            None => "unfinished",
        };
        let whole = json!({
            "version": 1,
            "run_id": run.run_id(),
            "name": record.graph.name(),
            "status": status,
            "hops": shown,
        });
        console::out(whole.to_string());
        return Ok(Exit::Success);
    }
    if shown.is_empty() {
        console::out("the run took no such hop yet");
    }
    for hop in shown {
        show(hop);
    }
    Ok(Exit::Success)
}

fn show(hop: &Hop) {
    let (bold, dim, warn) = (style::BOLD, style::DIM, style::WARN);
    let branch = hop.branch.as_ref();
    let branch = branch.map_or_else(String::new, |branch| format!(" in {branch}"));
    let visit = match hop.visit {
        Some(visit) if visit > 1 => format!(" (visit {visit})"),
        _ => String::new(),
    };
    let way = match (&hop.from, &hop.to) {
        (Some(from), Some(to)) => format!("{from}{visit} → {to}"),
        (None, Some(to)) => format!("→ {to}"),
        (Some(from), None) => format!("{from}{visit}"),
        (None, None) => "the run".to_owned(),
    };
    let what = match hop.rule {
        HopRule::Completed => ": success",
        HopRule::Failed => ": the run failed",
        HopRule::BranchEnd => ": the branch ended",
        _ => "",
    };
    let seq = hop.seq;
    console::out(format!(
        "{dim}{seq:>4}{dim:#}  {bold}{way}{bold:#}{what}{dim}{branch}{dim:#}"
    ));
    console::out(format!(
        "      {} {dim}[{}]{dim:#}",
        line(&hop.reason, COLUMNS),
        hop.source
    ));
    // One edge without a condition says it all.
    let obvious = matches!(hop.candidates.as_slice(), [only] if only.taken && only.holds.is_none());
    if let Some(seen) = hop
        .seen
        .as_ref()
        .filter(|seen| !obvious || seen.outcome != "success")
    {
        console::out(format!("      {dim}saw{dim:#} {}", outcome(seen)));
    }
    for candidate in hop.candidates.iter().filter(|_| !obvious) {
        show_candidate(candidate);
    }
    if !hop.agrees {
        console::out(format!(
            "      {warn}the pipeline was changed since: today it would decide otherwise{warn:#}"
        ));
    }
}

fn outcome(seen: &Seen) -> String {
    let mut text = format!("outcome={}", seen.outcome);
    if seen.outcome != seen.status.as_str() {
        text += &format!(" (status {})", seen.status);
    }
    if let Some(label) = seen.preferred_label.as_deref().filter(|l| !l.is_empty()) {
        text += &format!(", preferred_label={}", quoted(label));
    }
    if !seen.suggested_next_ids.is_empty() {
        text += &format!(", suggested_next_ids={}", seen.suggested_next_ids.join(" "));
    }
    if seen.inherited {
        text += ", of the stage before";
    }
    line(&text, COLUMNS)
}

fn show_candidate(candidate: &Candidate) {
    let (good, dim) = (style::GOOD, style::DIM);
    let mark = if candidate.taken {
        format!("{good}✓{good:#}")
    } else {
        "·".to_owned()
    };
    let mut text = format!("-> {}", candidate.to);
    if !candidate.label.is_empty() {
        text += &format!(" {}", quoted(&candidate.label));
    }
    if let Some(condition) = &candidate.condition {
        text += &format!(" if {}", harmless(condition));
    }
    if candidate.weight != 0 {
        text += &format!(" weight {}", candidate.weight);
    }
    let values = candidate.values.iter();
    let values = values.map(|(key, value)| format!("{key}={}", quoted(value)));
    let values: Vec<String> = values.collect();
    if !values.is_empty() {
        text += &format!(" ({})", line(&values.join(", "), COLUMNS));
    }
    console::out(format!(
        "      {mark} {text}{dim}: {}{dim:#}",
        candidate.why
    ));
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", line(text, COLUMNS / 2))
}

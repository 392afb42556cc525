//! `attractor explain RUN_DIR [NODE]`.

use std::path::PathBuf;

use attractor_core::run::Ending;
use attractor_core::{Hop, NodeId};
use clap::Args;
use serde_json::{Value, json};

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
        show(&json!(hop));
    }
    Ok(Exit::Success)
}

/// Shows a hop in the form that `--json` has, which is the API's, too.
pub(super) fn show(hop: &Value) {
    let (bold, dim, warn) = (style::BOLD, style::DIM, style::WARN);
    let part = |field: &str| hop[field].as_str().map(harmless);
    let branch = part("branch").map_or_else(String::new, |branch| format!(" in {branch}"));
    let visit = match hop["visit"].as_u64() {
        Some(visit) if visit > 1 => format!(" (visit {visit})"),
        _ => String::new(),
    };
    let way = match (part("from"), part("to")) {
        (Some(from), Some(to)) => format!("{from}{visit} → {to}"),
        (None, Some(to)) => format!("→ {to}"),
        (Some(from), None) => format!("{from}{visit}"),
        (None, None) => "the run".to_owned(),
    };
    let what = match hop["rule"].as_str() {
        Some("completed") => ": success",
        Some("failed") => ": the run failed",
        Some("branch_end") => ": the branch ended",
        _ => "",
    };
    let seq = hop["seq"].as_u64().unwrap_or_default();
    console::out(format!(
        "{dim}{seq:>4}{dim:#}  {bold}{way}{bold:#}{what}{dim}{branch}{dim:#}"
    ));
    let (reason, source) = (&part("reason"), part("source").unwrap_or_default());
    let reason = line(reason.as_deref().unwrap_or_default(), COLUMNS);
    console::out(format!("      {reason} {dim}[{source}]{dim:#}"));
    let candidates = hop["candidates"].as_array().map_or(&[][..], Vec::as_slice);
    // One edge without a condition says it all.
    let obvious = matches!(candidates, [only] if only["taken"] == true && only["holds"].is_null());
    let seen = &hop["seen"];
    if !seen.is_null() && (!obvious || seen["outcome"] != "success") {
        console::out(format!("      {dim}saw{dim:#} {}", outcome(seen)));
    }
    for candidate in candidates.iter().filter(|_| !obvious) {
        show_candidate(candidate);
    }
    if hop["agrees"] == false {
        console::out(format!(
            "      {warn}the pipeline was changed since: today it would decide otherwise{warn:#}"
        ));
    }
}

fn outcome(seen: &Value) -> String {
    let part = |field: &str| seen[field].as_str().unwrap_or_default();
    let mut text = format!("outcome={}", part("outcome"));
    if seen["outcome"] != seen["status"] {
        text += &format!(" (status {})", part("status"));
    }
    if !part("preferred_label").is_empty() {
        text += &format!(", preferred_label={}", quoted(part("preferred_label")));
    }
    let suggested = seen["suggested_next_ids"].as_array();
    let suggested = suggested.map_or(&[][..], Vec::as_slice);
    let suggested: Vec<&str> = suggested.iter().filter_map(Value::as_str).collect();
    if !suggested.is_empty() {
        text += &format!(", suggested_next_ids={}", suggested.join(" "));
    }
    if seen["inherited"] == true {
        text += ", of the stage before";
    }
    line(&text, COLUMNS)
}

fn show_candidate(candidate: &Value) {
    let (good, dim) = (style::GOOD, style::DIM);
    let mark = match candidate["taken"] == true {
        true => format!("{good}✓{good:#}"),
        false => "·".to_owned(),
    };
    let part = |field: &str| candidate[field].as_str().map(harmless);
    let mut text = format!("-> {}", part("to").unwrap_or_default());
    if let Some(label) = part("label") {
        text += &format!(" {}", quoted(&label));
    }
    if let Some(condition) = part("condition") {
        text += &format!(" if {condition}");
    }
    let weight = candidate["weight"].as_i64().unwrap_or_default();
    if weight != 0 {
        text += &format!(" weight {weight}");
    }
    let values = candidate["values"].as_object().into_iter().flatten();
    let values =
        values.map(|(key, value)| format!("{key}={}", quoted(value.as_str().unwrap_or_default())));
    let values: Vec<String> = values.collect();
    if !values.is_empty() {
        text += &format!(" ({})", line(&values.join(", "), COLUMNS));
    }
    let why = part("why").unwrap_or_default();
    console::out(format!("      {mark} {text}{dim}: {why}{dim:#}"));
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", line(text, COLUMNS / 2))
}

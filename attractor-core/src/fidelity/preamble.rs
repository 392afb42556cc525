//! What a fresh session is told about the run so far; pure.

use std::fmt::Write as _;

use super::Fidelity;
use crate::graph::NodeId;
use crate::handler::StageContext;
use crate::run::History;
use crate::state::{Context, Outcome, StageStatus};
use crate::text::truncate;

/// Characters that stand for one token, on average and in English.
const CHARACTERS_PER_TOKEN: usize = 4;

/// How much each mode tells.
struct Scope {
    /// Tokens of the whole text.
    tokens: usize,
    /// Newest stages, context keys and log lines at most.
    stages: usize,
    keys: usize,
    lines: usize,
    /// Characters of one value or note.
    value: usize,
}

impl Scope {
    fn of(fidelity: Fidelity) -> Option<Self> {
        let scope = |tokens, stages, keys, lines, value| Self {
            tokens,
            stages,
            keys,
            lines,
            value,
        };
        match fidelity {
            Fidelity::Full | Fidelity::Truncate => None,
            Fidelity::Compact => Some(scope(2_000, 50, 50, 0, 200)),
            Fidelity::SummaryLow => Some(scope(600, 3, 0, 0, 120)),
            Fidelity::SummaryMedium => Some(scope(1_500, 10, 20, 10, 200)),
            Fidelity::SummaryHigh => Some(scope(3_000, 40, 60, 40, 400)),
        }
    }
}

/// The text in front of a stage's prompt; empty under `full`, whose session knows everything.
///
/// Never longer than the mode's budget; what doesn't fit is dropped oldest first, and counted.
///
/// Source: attractor-spec 5.4 and 9.2.
pub fn preamble(fidelity: Fidelity, stage: &StageContext) -> String {
    if fidelity == Fidelity::Full {
        return String::new();
    }
    let goal = &stage.graph().attrs().goal;
    let mut text = format!("Run: {}", stage.run_id());
    if !goal.is_empty() {
        text = format!("Goal: {}\n{text}", truncate(goal, 1_000));
    }
    let Some(scope) = Scope::of(fidelity) else {
        return text;
    };
    let budget = scope.tokens * CHARACTERS_PER_TOKEN;
    let sections = [
        ("Completed stages", stages(stage, &scope), scope.stages, 50),
        ("Context", values(stage.context(), &scope), scope.keys, 60),
        (
            "Recent events",
            events(stage.context(), &scope),
            scope.lines,
            100,
        ),
    ];
    if fidelity == Fidelity::SummaryLow {
        let _ = write!(text, "\n{}", counts(stage));
    }
    for (title, lines, most, percent) in sections {
        let left = budget.saturating_sub(text.chars().count());
        text.push_str(&section(title, &lines, most, left * percent / 100));
    }
    text
}

/// A title and the newest lines that fit, in their order.
fn section(title: &str, lines: &[String], most: usize, budget: usize) -> String {
    let mut left = budget.saturating_sub(title.len() + 40);
    let mut kept: Vec<&str> = Vec::new();
    for line in lines.iter().rev().take(most) {
        let Some(rest) = left.checked_sub(line.chars().count() + 3) else {
            break;
        };
        left = rest;
        kept.push(line);
    }
    if kept.is_empty() {
        return String::new();
    }
    let mut text = format!("\n\n{title}:");
    let omitted = lines.len() - kept.len();
    if omitted > 0 {
        let _ = write!(text, "\n- ({omitted} more not shown)");
    }
    for line in kept.iter().rev() {
        let _ = write!(text, "\n- {line}");
    }
    text
}

/// One line for each completed stage that did work, oldest first.
fn stages(stage: &StageContext, scope: &Scope) -> Vec<String> {
    let (graph, history) = (stage.graph(), stage.history());
    let works = |id: &NodeId| {
        let kind = graph.node(id).map(|node| graph.resolved_type(node));
        !matches!(kind, Some("start" | "exit" | "conditional"))
    };
    // Only the last lines can be shown; a long history isn't rendered in vain.
    let mut lines: Vec<String> = newest_first(history)
        .filter(|id| works(id))
        .take(scope.stages + 1)
        .map(|id| match history.outcome(id) {
            Some(outcome) => format!("{id}: {}", describe(outcome, scope.value)),
            None => format!("{id}: skipped"),
        })
        .collect();
    lines.reverse();
    lines
}

/// The completed nodes, in a branch also those before it, newest first.
fn newest_first(history: &History) -> impl Iterator<Item = &NodeId> {
    let layers = std::iter::successors(Some(history), |history| history.before());
    layers.flat_map(|history| history.completed_nodes().iter().rev())
}

fn describe(outcome: &Outcome, length: usize) -> String {
    let said = outcome.failure_reason.as_deref().unwrap_or(&outcome.notes);
    let said = one_line(said, length);
    if said.is_empty() {
        outcome.word().to_owned()
    } else {
        format!("{} ({said})", outcome.word())
    }
}

/// The context without what the engine keeps in it for itself.
fn values(context: &Context, scope: &Scope) -> Vec<String> {
    const OWN: [&str; 4] = ["current_node", "last_stage", "outcome", "preferred_label"];
    let shown = context.iter().filter(|(key, _)| {
        !OWN.contains(key) && !key.starts_with("internal.") && !key.starts_with("graph.")
    });
    shown
        .map(|(key, _)| format!("{key}: {}", one_line(&context.get_string(key), scope.value)))
        .collect()
}

fn events(context: &Context, scope: &Scope) -> Vec<String> {
    context
        .logs()
        .map(|line| one_line(line, scope.value))
        .collect()
}

fn counts(stage: &StageContext) -> String {
    let layers = || std::iter::successors(Some(stage.history()), |history| history.before());
    let outcomes = layers().flat_map(|history| history.outcomes().values());
    let failed = outcomes.filter(|o| o.status == StageStatus::Fail).count();
    let completed: usize = layers()
        .map(|history| history.completed_nodes().len())
        .sum();
    format!("Completed so far: {completed} stages, {failed} failed")
}

fn one_line(text: &str, length: usize) -> String {
    // Cut before joining: the words of a long text aren't looked at.
    let cut = truncate(text.trim(), length);
    cut.split_whitespace().collect::<Vec<_>>().join(" ")
}

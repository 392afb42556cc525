//! The rules, one a file. To add one: the file, a line in [`built_in`], and
//! `tests/fixtures/lint/<rule>/{good,bad}.dot`.

mod child_dotfile_present;
mod child_mapping_syntax;
mod condition_coverage;
mod condition_syntax;
mod dead_end;
mod edge_target_exists;
mod exit_no_outgoing;
mod exit_reachable;
mod fan_in_has_parallel;
mod fidelity_valid;
mod goal_gate_has_retry;
mod join_policy_known;
mod loop_unbounded;
mod manager_actions_known;
mod merge_known;
mod parallel_has_fan_in;
mod prompt_on_llm_nodes;
mod reachability;
mod retry_target_exists;
mod start_no_incoming;
mod start_node;
mod stylesheet_syntax;
mod terminal_node;
mod tool_command_present;
mod type_known;

use super::rule::LintRule;
use crate::dot::Span;

/// Rules whose warnings are errors for a strict validator.
pub(super) const STRICT: &[&str] = &["dead_end", "exit_reachable"];

/// The built-in rules in the order of the specification's table, then ours.
pub(super) fn built_in(known_types: &[String]) -> Vec<Box<dyn LintRule>> {
    vec![
        Box::new(start_node::StartNode),
        Box::new(terminal_node::TerminalNode),
        Box::new(reachability::Reachability),
        Box::new(edge_target_exists::EdgeTargetExists),
        Box::new(start_no_incoming::StartNoIncoming),
        Box::new(exit_no_outgoing::ExitNoOutgoing),
        Box::new(condition_syntax::ConditionSyntax),
        Box::new(stylesheet_syntax::StylesheetSyntax),
        Box::new(type_known::TypeKnown::new(known_types)),
        Box::new(fidelity_valid::FidelityValid),
        Box::new(retry_target_exists::RetryTargetExists),
        Box::new(goal_gate_has_retry::GoalGateHasRetry),
        Box::new(prompt_on_llm_nodes::PromptOnLlmNodes),
        Box::new(dead_end::DeadEnd),
        Box::new(exit_reachable::ExitReachable),
        Box::new(tool_command_present::ToolCommandPresent),
        Box::new(condition_coverage::ConditionCoverage),
        Box::new(loop_unbounded::LoopUnbounded),
        Box::new(join_policy_known::JoinPolicyKnown),
        Box::new(merge_known::MergeKnown),
        Box::new(parallel_has_fan_in::ParallelHasFanIn),
        Box::new(fan_in_has_parallel::FanInHasParallel),
        Box::new(child_dotfile_present::ChildDotfilePresent),
        Box::new(child_mapping_syntax::ChildMappingSyntax),
        Box::new(manager_actions_known::ManagerActionsKnown),
    ]
}

/// Where a place within a value is in the source. Exact when the value has no escapes, which its
/// length shows; otherwise it is the whole value.
fn place_in_value(value: Option<Span>, text: &str, place: Span) -> Option<Span> {
    let value = value?;
    let offset = match value.len().checked_sub(text.len()) {
        Some(0) => 0,
        // The two quotes.
        Some(2) => 1,
        _ => return Some(value),
    };
    let start = value.start + offset;
    Some(Span::new(
        start + place.start,
        start + place.end.max(place.start),
    ))
}

//! Every rule there is, with what it is about: for programs that list, filter or document rules.

use super::diagnostic::Severity;

/// A rule, and how bad what it finds is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleInfo {
    /// The name that its diagnostics carry.
    pub name: &'static str,
    /// How bad what it finds is, unless a policy says otherwise.
    pub severity: Severity,
    /// What holds where it finds nothing, in a sentence.
    pub summary: &'static str,
}

/// All rules in the order of their names: those that look at the graph, and those about the text
/// and its attributes, which parsing and transforms report.
///
/// ```
/// let known = attractor_core::lint::rules().iter().any(|rule| rule.name == "start_node");
/// assert!(known);
/// ```
#[must_use]
pub fn rules() -> &'static [RuleInfo] {
    RULES
}

const fn row(name: &'static str, severity: Severity, summary: &'static str) -> RuleInfo {
    RuleInfo {
        name,
        severity,
        summary,
    }
}

use Severity::{Error, Info, Warning};

#[rustfmt::skip]
const RULES: &[RuleInfo] = &[
    row("attribute_repeated", Warning, "An attribute has one value."),
    row("attribute_separator", Info, "Attributes are separated by commas."),
    row("attribute_type", Error, "A value has the type of its attribute."),
    row("attribute_unknown", Warning, "An attribute means something."),
    row("child_dotfile_present", Error, "A node that runs another pipeline says which."),
    row("child_mapping_syntax", Error, "What a child run gets and gives back can be read."),
    row("condition_coverage", Warning, "Whatever a stage's outcome, there is an edge to take."),
    row("condition_syntax", Error, "Conditions are conditions."),
    row("dead_end", Warning, "Only the exit has nothing after it."),
    row("dialect", Info, "Attributes and outcomes are spelled as in the specification."),
    row("edge_target_exists", Error, "Edges connect declared nodes."),
    row("exit_no_outgoing", Error, "Nothing comes after the exit."),
    row("exit_reachable", Warning, "From every node there is a way to the exit."),
    row("fan_in_has_parallel", Warning, "Something comes together at each fan-in."),
    row("fidelity_valid", Warning, "Fidelities are among the six modes."),
    row("goal_gate_has_retry", Warning, "A goal gate that isn't satisfied leads somewhere."),
    row("handler_registered", Error, "The engine has a handler for what a shape stands for."),
    row("join_policy_known", Error, "A parallel node says when it is done in words that exist."),
    row("loop_unbounded", Info, "A loop has a limit of its own."),
    row("manager_actions_known", Error, "A manager does what there is to do."),
    row("merge_known", Error, "A fan-in says which branches' files it takes over in words that exist."),
    row("node_id", Error, "The ids of nodes are identifiers."),
    row("parallel_has_fan_in", Warning, "The branches of a parallel node come together, and at one place."),
    row("prompt_on_llm_nodes", Warning, "A model is told what to do."),
    row("reachability", Error, "Every node can be reached from the start."),
    row("retry_target_exists", Warning, "Retry targets are declared nodes."),
    row("size_limit", Error, "The graph stays within the limits when defaults and variables are expanded."),
    row("start_no_incoming", Error, "Nothing leads back to the start."),
    row("start_node", Error, "A pipeline begins in exactly one place."),
    row("stylesheet_syntax", Error, "The model stylesheet is one."),
    row("syntax", Error, "The text is in the graph language."),
    row("terminal_node", Error, "A pipeline ends in exactly one place."),
    row("tool_command_present", Error, "A tool node says what to run."),
    row("type_known", Warning, "There is a handler for each type."),
];

//! Each edge that could have been followed, and why it was or wasn't.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::Serialize;

use crate::graph::{Edge, Graph, NodeId};
use crate::run::failure::is_conditional;
use crate::run::limits::EXPLAINED_VALUE_CHARACTERS;
use crate::run::rule::EdgeRule;
use crate::run::select_edge::{holds, lookup, normalize_label};
use crate::state::{Context, Outcome};
use crate::text::truncate;

/// An edge that could have been followed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Candidate {
    /// Position of the edge in the graph's source order, from 0.
    pub edge: usize,
    /// Where it leads.
    pub to: NodeId,
    /// Its label.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// Its condition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// Its weight.
    pub weight: i64,
    /// Whether its condition holds, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holds: Option<bool>,
    /// The keys its condition looks at, with the values they had.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
    /// Whether it was followed.
    pub taken: bool,
    /// Why, or why not.
    pub why: String,
}

/// What a decision was made on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scene<'a> {
    pub(super) graph: &'a Graph,
    pub(super) outcome: &'a Outcome,
    pub(super) context: &'a Context,
    /// Whether the node that is left has failed, so that 3.7 decides and not 3.3.
    pub(super) failed: bool,
}

impl<'a> Scene<'a> {
    /// All edges of a node, after one of them was chosen by a rule, or none.
    pub(super) fn candidates(
        &self,
        node: &NodeId,
        chosen: Option<(&Edge, EdgeRule)>,
    ) -> Vec<Candidate> {
        let edges = self.graph.outgoing(node);
        let why = |edge: &Edge| match chosen {
            Some((taken, rule)) => self.against(edge, taken, rule),
            None => self.not_eligible(edge),
        };
        edges
            .map(|edge| {
                let taken = chosen.is_some_and(|(taken, _)| taken.index() == edge.index());
                let why = if taken {
                    "followed".to_owned()
                } else {
                    why(edge)
                };
                self.candidate(edge, taken, why)
            })
            .collect()
    }

    /// All edges of a parallel node: each whose condition holds begins a branch.
    pub(super) fn branches(&self, node: &NodeId) -> Vec<Candidate> {
        let edges = self.graph.outgoing(node);
        edges
            .map(|edge| {
                let taken = holds(edge, self.outcome, self.context);
                let why = if taken {
                    "begins a branch".to_owned()
                } else {
                    self.not_eligible(edge)
                };
                self.candidate(edge, taken, why)
            })
            .collect()
    }

    fn candidate(&self, edge: &Edge, taken: bool, why: String) -> Candidate {
        let condition = edge.condition.as_ref();
        Candidate {
            edge: edge.index(),
            to: edge.to().clone(),
            label: edge.label.clone(),
            condition: condition.map(|condition| condition.source().to_owned()),
            weight: edge.weight,
            holds: condition.map(|_| self.holds(edge)),
            values: self.values(edge),
            taken,
            why,
        }
    }

    fn holds(&self, edge: &Edge) -> bool {
        holds(edge, self.outcome, self.context)
    }

    /// What the condition of an edge saw.
    fn values(&self, edge: &Edge) -> BTreeMap<String, String> {
        let parsed = edge.condition.as_ref().and_then(|c| c.parsed().ok());
        let keys = parsed.into_iter().flat_map(|condition| condition.keys());
        keys.map(|key| {
            let bare = || lookup(key.strip_prefix("context.")?, self.outcome, self.context);
            let value = lookup(key, self.outcome, self.context).or_else(bare);
            let value = value.unwrap_or_default();
            let value = truncate(&value, EXPLAINED_VALUE_CHARACTERS).into_owned();
            (key.to_owned(), value)
        })
        .collect()
    }

    /// Why an edge couldn't be followed, whatever the others are.
    fn not_eligible(&self, edge: &Edge) -> String {
        match (&edge.condition, self.failed) {
            (Some(_), _) if !self.holds(edge) => "its condition doesn't hold".to_owned(),
            (None, true) => "a failure doesn't follow an edge without a condition".to_owned(),
            _ => "another way was taken".to_owned(),
        }
    }

    /// Why an edge wasn't followed while another one was.
    fn against(&self, edge: &Edge, taken: &Edge, rule: EdgeRule) -> String {
        if edge.condition.is_some() && !self.holds(edge) {
            return "its condition doesn't hold".to_owned();
        }
        match rule {
            EdgeRule::HumanChoice => "the person chose another one".to_owned(),
            EdgeRule::Condition if edge.condition.is_some() => worse(edge, taken),
            EdgeRule::Condition if self.failed => self.not_eligible(edge),
            EdgeRule::Condition => "a condition that holds comes first".to_owned(),
            EdgeRule::PreferredLabel => {
                let label = self.outcome.preferred_label.as_deref().unwrap_or_default();
                if normalize_label(&edge.label) == normalize_label(label) {
                    return "it has the label too, but is written later".to_owned();
                }
                "its label isn't the preferred one".to_owned()
            }
            EdgeRule::SuggestedNextId if edge.to() == taken.to() => {
                "it leads there too, but is written later".to_owned()
            }
            EdgeRule::SuggestedNextId => {
                let suggested = &self.outcome.suggested_next_ids;
                if suggested.iter().any(|id| edge.to() == id.as_str()) {
                    return "its target is suggested, but another one before it".to_owned();
                }
                "its target isn't suggested".to_owned()
            }
            EdgeRule::FailureToConditional if !is_conditional(self.graph, edge.to()) => {
                self.not_eligible(edge)
            }
            EdgeRule::Weight | EdgeRule::Lexical | EdgeRule::FailureToConditional => {
                worse(edge, taken)
            }
        }
    }
}

/// Why an edge comes behind another one of the same kind.
fn worse(edge: &Edge, taken: &Edge) -> String {
    if edge.weight != taken.weight {
        let (less, more) = (edge.weight, taken.weight);
        return format!("its weight is {less}, that of the edge taken {more}");
    }
    match edge.to().cmp(taken.to()) {
        Ordering::Equal => "it leads there too, but is written later".to_owned(),
        _ => format!(
            "its weight is the same, and `{}` comes before `{}`",
            taken.to(),
            edge.to()
        ),
    }
}

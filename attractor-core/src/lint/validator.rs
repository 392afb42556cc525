//! Running the rules.

use std::sync::Arc;

use super::diagnostic::{Diagnostic, Severity};
use super::error::ValidationError;
use super::rule::LintRule;
use super::rules;
use crate::graph::{Graph, Shape};

/// The built-in rules, those of the caller, and how strict they are.
///
/// ```
/// use attractor_core::{Graph, Validator};
///
/// let (graph, _) = Graph::parse("digraph g { start -> exit; start; exit; }")?;
/// assert!(Validator::new().validate(&graph).is_empty());
/// # Ok::<(), attractor_core::dot::ParseErrors>(())
/// ```
#[derive(Clone, Debug)]
pub struct Validator {
    known_types: Vec<String>,
    extra: Vec<Arc<dyn LintRule>>,
    strict: bool,
}

impl Default for Validator {
    fn default() -> Self {
        Self::new()
    }
}

impl Validator {
    /// The built-in rules, knowing the built-in handler types.
    #[must_use]
    pub fn new() -> Self {
        let shapeless = ["stack.sub_pipeline"];
        let known_types = Shape::handler_types().chain(shapeless);
        let known_types = known_types.map(str::to_owned).collect();
        Self {
            known_types,
            extra: Vec::new(),
            strict: false,
        }
    }

    /// Handler types that exist besides the built-in ones.
    #[must_use]
    pub fn known_types(mut self, types: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.known_types.extend(types.into_iter().map(Into::into));
        self
    }

    /// One more rule, run after the built-in ones.
    #[must_use]
    pub fn rule(mut self, rule: Arc<dyn LintRule>) -> Self {
        self.extra.push(rule);
        self
    }

    /// Whether a node that can't reach the exit is an error rather than a warning.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// What the rules find, in source order.
    #[must_use]
    pub fn validate(&self, graph: &Graph) -> Vec<Diagnostic> {
        let mut diagnostics = Vec::new();
        let built_in = rules::built_in(&self.known_types);
        for rule in built_in
            .iter()
            .map(|rule| &**rule)
            .chain(self.extra.iter().map(|rule| &**rule))
        {
            rule.apply(graph, &mut diagnostics);
        }
        if self.strict {
            let raised = diagnostics
                .iter_mut()
                .filter(|found| rules::STRICT.contains(&found.rule.as_str()));
            raised.for_each(|found| found.severity = Severity::Error);
        }
        sort_diagnostics(&mut diagnostics);
        diagnostics
    }

    /// What the rules find, as an error when there is one among it.
    ///
    /// # Errors
    ///
    /// When a diagnostic has severity error.
    pub fn validate_or_error(&self, graph: &Graph) -> Result<Vec<Diagnostic>, ValidationError> {
        ValidationError::check(self.validate(graph))
    }
}

/// Checks a graph with the built-in rules and `extra`; diagnostics come in source order.
///
/// Source: attractor-spec 7.3.
#[must_use]
pub fn validate(graph: &Graph, extra: &[Arc<dyn LintRule>]) -> Vec<Diagnostic> {
    with_rules(extra).validate(graph)
}

/// Checks a graph, and refuses one with errors.
///
/// # Errors
///
/// When a diagnostic has severity error.
///
/// Source: attractor-spec 7.3.
pub fn validate_or_error(
    graph: &Graph,
    extra: &[Arc<dyn LintRule>],
) -> Result<Vec<Diagnostic>, ValidationError> {
    with_rules(extra).validate_or_error(graph)
}

/// Puts diagnostics in source order; those without a place come last, and equals stay as they are.
pub fn sort_diagnostics(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by_key(|diagnostic| diagnostic.span.map_or(usize::MAX, |span| span.start));
}

fn with_rules(extra: &[Arc<dyn LintRule>]) -> Validator {
    extra
        .iter()
        .cloned()
        .fold(Validator::new(), Validator::rule)
}

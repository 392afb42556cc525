//! Which findings count as what, by the choice of whoever checks.

use std::collections::BTreeSet;

use super::diagnostic::{Diagnostic, Severity};
use super::rules;

/// Which rules are errors, and which aren't heard.
///
/// ```
/// use attractor_core::{Graph, Severity, lint::RulePolicy};
///
/// let (_, diagnostics) = Graph::parse("digraph g { a [pormpt=hi label=Greet] }")?;
/// let policy = RulePolicy::new().deny("attribute_unknown").allow("attribute_separator");
/// let diagnostics = policy.apply(diagnostics);
/// assert_eq!(diagnostics.len(), 1);
/// assert_eq!(diagnostics[0].severity, Severity::Error);
/// # Ok::<(), attractor_core::dot::ParseErrors>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct RulePolicy {
    strict: bool,
    deny_warnings: bool,
    deny: BTreeSet<String>,
    allow: BTreeSet<String>,
}

impl RulePolicy {
    /// Everything counts as what it is.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether a node that can't reach the exit is an error rather than a warning.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Whether every warning is an error.
    #[must_use]
    pub fn deny_warnings(mut self, deny: bool) -> Self {
        self.deny_warnings = deny;
        self
    }

    /// What this rule finds is an error.
    #[must_use]
    pub fn deny(mut self, rule: impl Into<String>) -> Self {
        self.deny.insert(rule.into());
        self
    }

    /// The warnings and notes of this rule aren't heard. Errors are: the engine refuses a
    /// pipeline that has some, whoever looks away.
    #[must_use]
    pub fn allow(mut self, rule: impl Into<String>) -> Self {
        self.allow.insert(rule.into());
        self
    }

    /// The diagnostics as the policy sees them, in the same order.
    #[must_use]
    pub fn apply(&self, mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
        diagnostics.retain(|found| {
            found.severity == Severity::Error || !self.allow.contains(found.rule.as_str())
        });
        for found in &mut diagnostics {
            if self.denies(found) {
                found.severity = Severity::Error;
            }
        }
        diagnostics
    }

    fn denies(&self, found: &Diagnostic) -> bool {
        let rule = found.rule.as_str();
        self.deny.contains(rule)
            || self.strict && rules::STRICT.contains(&rule)
            || self.deny_warnings && found.severity == Severity::Warning
    }
}

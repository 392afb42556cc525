//! Conditions on edges: parse once, evaluate against a run.
//!
//! The grammar is that of attractor-spec section 10 (`key=literal`, `key!=literal`, `&&`) and,
//! beyond it, `||`, `!`, parentheses, `<`, `<=`, `>`, `>=`, `contains` and `matches`:
//!
//! ```text
//! condition ::= all ( '||' all )*
//! all       ::= unary ( '&&' unary )*
//! unary     ::= '!' unary | '(' condition ')' | clause
//! clause    ::= key ( operator literal )?
//! operator  ::= '=' | '!=' | '<' | '<=' | '>' | '>=' | 'contains' | 'matches'
//! key       ::= name ( '.' name )*
//! literal   ::= '"' text '"' | number | word
//! ```
//!
//! `<` and its kin compare numbers where both sides are numbers, and texts otherwise. `contains`
//! asks for an element where the value is a JSON list, and for a part of the text otherwise.
//! `matches` takes a regular expression without look-around or back-references, so that it runs
//! in linear time; it may match anywhere. A key alone holds unless its value is empty or `false`.

mod error;
mod eval;
mod expr;
mod lexer;
mod parser;

use std::fmt;
use std::sync::Arc;

pub use error::ConditionError;
use expr::Expr;

/// A condition, ready to be evaluated. Cheap to clone.
///
/// ```
/// use attractor_core::Condition;
///
/// let condition = Condition::parse("outcome=success && context.tests_passed=true")?;
/// let holds = condition.eval(|key| match key {
///     "outcome" => Some("success".to_owned()),
///     "tests_passed" => Some("true".to_owned()),
///     _ => None,
/// });
/// assert!(holds);
/// # Ok::<(), attractor_core::ConditionError>(())
/// ```
///
/// Source: attractor-spec section 10.
#[derive(Clone)]
pub struct Condition {
    source: Arc<str>,
    expr: Arc<Expr>,
}

impl Condition {
    /// Reads a condition. A blank one always holds.
    ///
    /// # Errors
    ///
    /// When the text isn't a condition; the error has the place within the text.
    pub fn parse(source: &str) -> Result<Self, ConditionError> {
        let expr = parser::parse(source)?;
        Ok(Self {
            source: Arc::from(source),
            expr: Arc::new(expr),
        })
    }

    /// Whether it holds, given the values of keys; `None` stands for a missing one, which
    /// compares as empty.
    ///
    /// A key `context.x` is looked up as written, then as `x`.
    pub fn eval(&self, lookup: impl Fn(&str) -> Option<String>) -> bool {
        eval::eval(&self.expr, &|key| Some(lookup(key))).unwrap_or(false)
    }

    /// Whether it holds when only some keys are known: `lookup` answers `None` for a key nothing
    /// is known about. The answer is `None` when it depends on such a key.
    pub(crate) fn eval_known(
        &self,
        lookup: impl Fn(&str) -> Option<Option<String>>,
    ) -> Option<bool> {
        eval::eval(&self.expr, &lookup)
    }

    /// The text it was read from.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The keys it looks at, each once, in order.
    #[must_use]
    pub fn keys(&self) -> Vec<&str> {
        let mut keys = Vec::new();
        self.expr.collect_keys(&mut keys);
        keys
    }

    /// The same condition with the literals that `outcome` is compared with replaced where
    /// `replace` has another word; `None` when nothing changes.
    pub(crate) fn with_outcome_words(
        &self,
        replace: impl Fn(&str) -> Option<&'static str>,
    ) -> Option<String> {
        let mut text = self.source.to_string();
        let mut words = self.expr.outcome_words();
        words.retain(|(word, _)| replace(word).is_some());
        for (word, span) in words.iter().rev() {
            text.replace_range(span.start..span.end, replace(word).unwrap_or(word));
        }
        (!words.is_empty()).then_some(text)
    }
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Condition").field(&self.source).finish()
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

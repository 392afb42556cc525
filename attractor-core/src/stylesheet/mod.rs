//! The model stylesheet: which model, provider and effort the nodes of a pipeline get.

mod cascade;
mod error;
mod parser;

use cascade::Cascade;
pub use cascade::Properties;
pub use error::StylesheetError;

use crate::graph::Node;

/// A parsed stylesheet.
///
/// ```
/// use attractor_core::{Node, Stylesheet};
///
/// let sheet = Stylesheet::parse("* { llm_model: small } .code { llm_model: large; }")?;
/// let node = Node::new("a".parse()?).with("class", "code")?;
/// assert_eq!(sheet.properties(&node).llm_model, Some("large"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Source: attractor-spec section 8.
#[derive(Clone, Debug, Default)]
pub struct Stylesheet {
    cascade: Cascade,
}

impl Stylesheet {
    /// Reads a stylesheet; a blank one has no rules.
    ///
    /// # Errors
    ///
    /// The first mistake, with its place within the text.
    pub fn parse(source: &str) -> Result<Self, StylesheetError> {
        let mut cascade = Cascade::default();
        for rule in parser::parse(source)? {
            cascade.add(rule);
        }
        Ok(Self { cascade })
    }

    /// What the rules say about a node: the most specific rule counts, and the last among equals.
    #[must_use]
    pub fn properties(&self, node: &Node) -> Properties<'_> {
        self.cascade.properties(node)
    }
}

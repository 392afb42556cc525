//! From a source text to a pipeline that can run: parse, transform, validate.

use std::fmt;
use std::sync::Arc;

use super::Engine;
use crate::dot::ParseErrors;
use crate::graph::Graph;
use crate::lint::{Diagnostic, Severity, Validator, sort_diagnostics};
use crate::transform;
use crate::{Error, ErrorKind};

/// A pipeline that can run: parsed, transformed, without errors. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Pipeline {
    graph: Arc<Graph>,
    source: Arc<str>,
    diagnostics: Arc<[Diagnostic]>,
}

impl Pipeline {
    /// The graph, after all transforms.
    pub fn graph(&self) -> &Arc<Graph> {
        &self.graph
    }

    /// The text the graph was made from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Warnings and notes, in source order.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }
}

/// Why a pipeline can't run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PrepareError {
    /// Everything that was found, warnings and notes included, in source order.
    pub diagnostics: Vec<Diagnostic>,
    /// The mistakes of a text that isn't a graph; `diagnostics` has them too.
    pub parse_errors: Option<ParseErrors>,
}

impl PrepareError {
    /// What keeps the pipeline from running.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics
            .iter()
            .filter(|found| found.severity == Severity::Error)
    }
}

impl fmt::Display for PrepareError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(errors) = &self.parse_errors {
            return errors.fmt(f);
        }
        write!(f, "the pipeline can't run")?;
        let mut separator = ": ";
        for error in self.errors() {
            write!(f, "{separator}{} ({})", error.message, error.rule)?;
            separator = "; ";
        }
        Ok(())
    }
}

impl std::error::Error for PrepareError {}

impl From<PrepareError> for Error {
    fn from(error: PrepareError) -> Self {
        Self::new(ErrorKind::InvalidGraph, error.to_string())
    }
}

impl Engine {
    /// Makes a pipeline of a source text: parses it, applies the built-in transforms and those of
    /// the engine, and validates the result.
    ///
    /// # Errors
    ///
    /// Everything that keeps the pipeline from running: mistakes of the text, errors of the lint
    /// rules, nodes whose type has no handler.
    ///
    /// Source: attractor-spec 3.1 and 9.1.
    pub fn prepare(&self, source: &str) -> Result<Pipeline, PrepareError> {
        let (graph, diagnostics) = Graph::parse(source).map_err(|errors| PrepareError {
            diagnostics: errors.diagnostics(),
            parse_errors: Some(errors),
        })?;
        self.complete(graph, source.into(), diagnostics)
    }

    /// Makes a pipeline of a graph that a program has built.
    ///
    /// # Errors
    ///
    /// As for [`prepare`](Self::prepare).
    pub fn prepare_graph(&self, graph: Graph) -> Result<Pipeline, PrepareError> {
        let source = graph.to_dot();
        self.complete(graph, source.into(), Vec::new())
    }

    fn complete(
        &self,
        mut graph: Graph,
        source: Arc<str>,
        mut diagnostics: Vec<Diagnostic>,
    ) -> Result<Pipeline, PrepareError> {
        for transform in transform::built_in().iter().chain(&self.0.transforms) {
            graph = transform.apply(graph, &mut diagnostics);
        }
        let mut validator = Validator::new().known_types(self.registry().types());
        for rule in &self.0.lint_rules {
            validator = validator.rule(Arc::clone(rule));
        }
        diagnostics.extend(validator.validate(&graph));
        diagnostics.extend(self.without_handler(&graph));
        sort_diagnostics(&mut diagnostics);
        if diagnostics
            .iter()
            .any(|found| found.severity == Severity::Error)
        {
            return Err(PrepareError {
                diagnostics,
                parse_errors: None,
            });
        }
        let diagnostics = diagnostics.into();
        Ok(Pipeline {
            graph: Arc::new(graph),
            source,
            diagnostics,
        })
    }

    /// A finding for each node whose type has no handler.
    fn without_handler(&self, graph: &Graph) -> Vec<Diagnostic> {
        let missing = graph
            .nodes()
            .iter()
            .filter(|node| self.registry().resolve(graph, node).is_none());
        missing
            .map(|node| {
                let kind = graph.resolved_type(node);
                let text = format!("node `{}` needs a handler of type `{kind}`", node.id());
                let fix = if kind == "wait.human" {
                    "give the engine an interviewer".to_owned()
                } else {
                    format!("register a handler for `{kind}`")
                };
                Diagnostic::error("handler_registered", text)
                    .at_node(node)
                    .fix(fix)
            })
            .collect()
    }
}

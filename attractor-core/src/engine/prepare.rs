//! From a source text to a pipeline that can run: parse, transform, validate.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::Engine;
use super::child::{Includes, Preparation};
use crate::dot::ParseErrors;
use crate::graph::Graph;
use crate::journal::Manifest;
use crate::lint::{Diagnostic, Severity, Validator, sort_diagnostics};
use crate::{Error, ErrorKind};

/// A pipeline that can run: parsed, transformed, without errors. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Pipeline {
    graph: Arc<Graph>,
    source: Arc<str>,
    diagnostics: Arc<[Diagnostic]>,
    file: Option<Arc<Path>>,
    children: Arc<BTreeMap<String, Pipeline>>,
    includes: Includes,
}

/// What a pipeline is made of.
pub(super) struct PipelineParts {
    pub(super) graph: Graph,
    pub(super) source: Arc<str>,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) file: Option<Arc<Path>>,
    pub(super) children: BTreeMap<String, Pipeline>,
    pub(super) includes: Includes,
}

impl PipelineParts {
    /// The pipeline, unless something keeps it from running.
    pub(super) fn build(mut self) -> Result<Pipeline, PrepareError> {
        sort_diagnostics(&mut self.diagnostics);
        let is_error = |found: &Diagnostic| found.severity == Severity::Error;
        if self.diagnostics.iter().any(is_error) {
            return Err(PrepareError {
                diagnostics: self.diagnostics,
                parse_errors: None,
            });
        }
        Ok(Pipeline {
            graph: Arc::new(self.graph),
            source: self.source,
            diagnostics: self.diagnostics.into(),
            file: self.file,
            children: Arc::new(self.children),
            includes: self.includes,
        })
    }
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

    /// Where its file is, if it has one.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// The pipelines that its nodes run, by the name they have there. They may have children of
    /// their own.
    pub fn children(&self) -> impl Iterator<Item = (&str, &Pipeline)> {
        self.children
            .iter()
            .map(|(name, child)| (name.as_str(), child))
    }

    /// The pipeline with this name in an attribute `stack.child_dotfile`.
    pub fn child(&self, name: &str) -> Option<&Pipeline> {
        self.children.get(name)
    }

    /// Its graph and those of all pipelines that its nodes run, at any depth.
    pub fn graphs(&self) -> Vec<&Arc<Graph>> {
        let mut graphs = vec![&self.graph];
        for child in self.children.values() {
            graphs.extend(child.graphs());
        }
        graphs
    }

    /// The texts that a resume needs besides the source, by path.
    pub(super) fn includes(&self) -> &Includes {
        &self.includes
    }

    /// How many pipelines are within each other here, itself included.
    pub(super) fn depth(&self) -> usize {
        let children = self.children.values().map(Self::depth);
        1 + children.max().unwrap_or(0)
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
    /// the engine, and validates the result. Files that it names can't be found: see
    /// [`prepare_at`](Self::prepare_at).
    ///
    /// # Errors
    ///
    /// Everything that keeps the pipeline from running: mistakes of the text, errors of the lint
    /// rules, nodes whose type has no handler, child pipelines that can't run.
    ///
    /// Source: attractor-spec 3.1 and 9.1.
    pub fn prepare(&self, source: &str) -> Result<Pipeline, PrepareError> {
        Preparation::new(self, None).root(source.into(), "")
    }

    /// The same for the text of a file: child pipelines that it names are looked for beside it.
    ///
    /// ```
    /// # use attractor_core::Engine;
    /// let directory = std::env::temp_dir();
    /// let child = "digraph child { start [shape=Mdiamond]; exit [shape=Msquare]; start -> exit }";
    /// std::fs::write(directory.join("doctest-child.dot"), child)?;
    /// let source = r#"digraph parent {
    ///     start [shape=Mdiamond]
    ///     part [type="stack.sub_pipeline", stack.child_dotfile="doctest-child.dot"]
    ///     exit [shape=Msquare]
    ///     start -> part -> exit
    /// }"#;
    /// let engine = Engine::builder().build();
    /// let pipeline = engine.prepare_at(source, directory.join("parent.dot"))?;
    /// assert_eq!(pipeline.children().count(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`prepare`](Self::prepare).
    ///
    /// Source: attractor-spec 9.4.
    pub fn prepare_at(
        &self,
        source: &str,
        file: impl AsRef<Path>,
    ) -> Result<Pipeline, PrepareError> {
        Preparation::new(self, Some(file.as_ref())).root(source.into(), "")
    }

    /// The pipeline of a stored run, with the texts of the pipelines that it names as they were
    /// when it started.
    ///
    /// # Errors
    ///
    /// As for [`prepare`](Self::prepare).
    pub fn prepare_stored(
        &self,
        manifest: &Manifest,
        source: &str,
    ) -> Result<Pipeline, PrepareError> {
        let file = manifest.file.as_deref().map(Path::new);
        Preparation::new(self, file)
            .with_kept(&manifest.includes)
            .root(source.into(), &manifest.goal)
    }

    /// Makes a pipeline of a graph that a program has built.
    ///
    /// # Errors
    ///
    /// As for [`prepare`](Self::prepare).
    pub fn prepare_graph(&self, graph: Graph) -> Result<Pipeline, PrepareError> {
        let source = graph.to_dot();
        Preparation::new(self, None).complete(graph, source.into(), None, Vec::new())
    }

    /// What the rules find, and each node whose type has no handler.
    pub(super) fn validate(&self, graph: &Graph) -> Vec<Diagnostic> {
        let mut validator = Validator::new().known_types(self.registry().types());
        for rule in &self.0.lint_rules {
            validator = validator.rule(Arc::clone(rule));
        }
        let mut diagnostics = validator.validate(graph);
        diagnostics.extend(self.without_handler(graph));
        diagnostics
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

//! Preparing a pipeline with those that it names, before anything runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Includes;
use super::sources::{Sources, resolve};
use crate::dot::LineIndex;
use crate::engine::prepare::PipelineParts;
use crate::engine::{Engine, Pipeline, PrepareError};
use crate::graph::{Graph, MERGE_DOTFILE, Node};
use crate::limits::MAX_CHILD_DEPTH;
use crate::lint::{Diagnostic, Severity};
use crate::transform;

/// The attribute of a node, or of the graph, that names the pipeline to run.
pub(crate) const CHILD_DOTFILE: &str = "stack.child_dotfile";

/// The rule that findings about child pipelines carry.
const RULE: &str = "child_pipeline";

/// Errors of a child that are told one by one.
const ERRORS_TOLD: usize = 3;

/// The types of nodes that take the graph's child where they name none.
const TYPES: [&str; 2] = ["stack.manager_loop", "stack.sub_pipeline"];

/// What the preparation of a pipeline and of those that it names have in common.
#[derive(Debug)]
pub(in crate::engine) struct Preparation<'a> {
    engine: &'a Engine,
    sources: Sources,
    /// The files that are being prepared, the outermost one first.
    chain: Vec<PathBuf>,
    /// What came of those that are prepared, by path and goal.
    done: BTreeMap<(PathBuf, String), Result<Pipeline, String>>,
}

/// The name of the child pipeline of a node, if it has one.
pub(crate) fn child_dotfile(graph: &Graph, node: &Node) -> Option<String> {
    let of_node = node.attr(CHILD_DOTFILE);
    let of_graph = || {
        let takes = TYPES.contains(&graph.resolved_type(node));
        graph.attrs().attr(CHILD_DOTFILE).filter(|_| takes)
    };
    let name = of_node.or_else(of_graph)?.to_string();
    (!name.trim().is_empty()).then_some(name)
}

impl<'a> Preparation<'a> {
    /// Of a pipeline in this file, if it's in one.
    pub(in crate::engine) fn new(engine: &'a Engine, file: Option<&Path>) -> Self {
        let file = file.map(|file| std::path::absolute(file).unwrap_or_else(|_| file.to_owned()));
        Self {
            engine,
            sources: Sources::default(),
            chain: file.into_iter().collect(),
            done: BTreeMap::new(),
        }
    }

    /// With the texts that a run was started with.
    pub(in crate::engine) fn with_kept(mut self, includes: &BTreeMap<String, String>) -> Self {
        self.sources = Sources::kept(includes);
        self
    }

    /// The pipeline of this text; a goal is for a graph that has none.
    pub(in crate::engine) fn root(
        mut self,
        source: Arc<str>,
        goal: &str,
    ) -> Result<Pipeline, PrepareError> {
        self.pipeline(source, goal)
    }

    /// The pipeline of a text that is in the last file of the chain.
    fn pipeline(&mut self, source: Arc<str>, goal: &str) -> Result<Pipeline, PrepareError> {
        let (mut graph, diagnostics) = Graph::parse(&source).map_err(|errors| PrepareError {
            diagnostics: errors.diagnostics(),
            parse_errors: Some(errors),
        })?;
        if graph.attrs().goal.is_empty() && !goal.is_empty() {
            goal.clone_into(&mut graph.attrs_mut().goal);
        }
        let file = self.chain.last().cloned();
        self.complete(graph, source, file.as_deref(), diagnostics)
    }

    /// Transforms and validates a graph, and prepares the pipelines that it names.
    pub(in crate::engine) fn complete(
        &mut self,
        mut graph: Graph,
        source: Arc<str>,
        file: Option<&Path>,
        mut diagnostics: Vec<Diagnostic>,
    ) -> Result<Pipeline, PrepareError> {
        graph = self.merged(graph, file, &mut diagnostics);
        for transform in transform::built_in()
            .iter()
            .chain(&self.engine.0.transforms)
        {
            graph = transform.apply(graph, &mut diagnostics);
        }
        diagnostics.extend(self.engine.validate(&graph));
        let children = self.children(&graph, file, &mut diagnostics);
        let parts = PipelineParts {
            graph,
            source,
            diagnostics,
            file: file.map(Into::into),
            children,
            includes: Includes::of(&self.sources),
        };
        parts.build()
    }

    /// The graph with those that its nodes name in their place.
    fn merged(
        &mut self,
        mut graph: Graph,
        file: Option<&Path>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Graph {
        let merges = graph.merges();
        let goal = graph.attrs().goal.clone();
        for (id, name) in merges {
            let Some(place) = graph.node(&id).cloned() else {
                continue;
            };
            let part = self.part(&name, file, &goal);
            let merged =
                part.and_then(|part| graph.merge(&id, part).map_err(|error| error.to_string()));
            if let Err(text) = merged {
                let text = format!("node `{id}` can't be replaced by {name:?}: {text}");
                let found = Diagnostic::error("merge", text);
                diagnostics.push(found.at(place.attr_span(MERGE_DOTFILE)).at_node(&place));
            }
        }
        graph
    }

    /// A graph to be put in the place of a node, with its own transforms applied.
    fn part(&mut self, name: &str, file: Option<&Path>, goal: &str) -> Result<Graph, String> {
        let path = self.enter(name, file)?;
        let source = self.sources.text(&path).map_err(|error| error.chain())?;
        let (mut graph, mut found) = Graph::parse(&source).map_err(|errors| errors.to_string())?;
        if graph.attrs().goal.is_empty() {
            goal.clone_into(&mut graph.attrs_mut().goal);
        }
        self.chain.push(path.clone());
        graph = self.merged(graph, Some(&path), &mut found);
        self.chain.pop();
        for transform in transform::built_in() {
            graph = transform.apply(graph, &mut found);
        }
        if found.iter().any(|found| found.severity == Severity::Error) {
            let error = PrepareError {
                diagnostics: found,
                parse_errors: None,
            };
            return Err(told(&source, &error));
        }
        graph.resolve_files(CHILD_DOTFILE, |name| {
            resolve(&path, name).to_string_lossy().into_owned()
        });
        Ok(graph)
    }

    /// The pipelines that the nodes run, and what is wrong with them.
    fn children(
        &mut self,
        graph: &Graph,
        file: Option<&Path>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> BTreeMap<String, Pipeline> {
        let mut children = BTreeMap::new();
        for node in graph.nodes() {
            let Some(name) = child_dotfile(graph, node) else {
                continue;
            };
            let place = node.attr_span(CHILD_DOTFILE);
            let place = place.or_else(|| graph.attrs().attr_span(CHILD_DOTFILE));
            let at = |found: Diagnostic| found.at(place).at_node(node);
            match self.named(&name, file, &graph.attrs().goal) {
                Err(text) => {
                    let text = format!("node `{}` can't run {name:?}: {text}", node.id());
                    diagnostics.push(at(Diagnostic::error(RULE, text)));
                }
                Ok(child) => {
                    diagnostics.extend(warnings(&name, &child).map(at));
                    children.insert(name, child);
                }
            }
        }
        children
    }

    /// The pipeline that the one in `file` names.
    fn named(&mut self, name: &str, file: Option<&Path>, goal: &str) -> Result<Pipeline, String> {
        let path = self.enter(name, file)?;
        let key = (path.clone(), goal.to_owned());
        let known = self.done.get(&key).cloned();
        let result = known.unwrap_or_else(|| {
            let prepared = self.read(&path, goal);
            self.done.insert(key, prepared.clone());
            prepared
        });
        let child = result?;
        if self.chain.len() + child.depth() > MAX_CHILD_DEPTH {
            return Err(too_deep());
        }
        Ok(child)
    }

    fn read(&mut self, path: &Path, goal: &str) -> Result<Pipeline, String> {
        let source = self.sources.text(path).map_err(|error| error.chain())?;
        self.chain.push(path.to_owned());
        let result = self.pipeline(Arc::clone(&source), goal);
        self.chain.pop();
        result.map_err(|error| told(&source, &error))
    }

    /// The path of a file that is named, unless that leads in a circle or too deep.
    fn enter(&self, name: &str, file: Option<&Path>) -> Result<PathBuf, String> {
        let Some(file) = file else {
            let text =
                "where this pipeline itself is isn't known, so nothing beside it can be found";
            return Err(text.to_owned());
        };
        let path = resolve(file, name);
        if let Some(place) = self.chain.iter().position(|known| *known == path) {
            let circle = self.chain[place..].iter().chain([&path]);
            let names: Vec<_> = circle.map(|path| short(path)).collect();
            return Err(format!(
                "a pipeline includes itself: {}",
                names.join(" -> ")
            ));
        }
        if self.chain.len() >= MAX_CHILD_DEPTH {
            return Err(too_deep());
        }
        Ok(path)
    }
}

fn too_deep() -> String {
    format!("pipelines are more than {MAX_CHILD_DEPTH} deep within each other")
}

fn short(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// What keeps a child from running, with its places.
fn told(source: &str, error: &PrepareError) -> String {
    let lines = LineIndex::new(source);
    let place = |found: &Diagnostic| {
        let at = found.span.map(|span| lines.position(span.start));
        at.map_or_else(String::new, |at| format!("line {}: ", at.line))
    };
    let found: Vec<_> = error.errors().collect();
    let mut told: Vec<_> = found
        .iter()
        .take(ERRORS_TOLD)
        .map(|found| format!("{}{} ({})", place(found), found.message, found.rule))
        .collect();
    if let Some(more) = found
        .len()
        .checked_sub(ERRORS_TOLD)
        .filter(|more| *more > 0)
    {
        told.push(format!("and {more} more"));
    }
    told.join("; ")
}

/// A note that a child has warnings of its own.
fn warnings(name: &str, child: &Pipeline) -> Option<Diagnostic> {
    let warnings = child.diagnostics().iter();
    let count = warnings
        .filter(|found| found.severity == Severity::Warning)
        .count();
    let what = if count == 1 { "warning" } else { "warnings" };
    let text = format!("{name:?} has {count} {what} of its own");
    let found = Diagnostic::info(RULE, text).fix(format!("`attractor validate {name}` shows them"));
    (count > 0).then_some(found)
}

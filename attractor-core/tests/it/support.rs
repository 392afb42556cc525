//! What several modules need.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use attractor_core::testing::{Script, ScriptedBackend};
use attractor_core::{
    AutoApproveInterviewer, Engine, EngineBuilder, Graph, Pipeline, StageContext,
};
use tempfile::TempDir;

/// An engine whose model stages play a script; gates are approved.
pub(crate) fn scripted(script: Script) -> (EngineBuilder, Arc<ScriptedBackend>) {
    let backend = Arc::new(ScriptedBackend::new(script));
    let builder = Engine::builder()
        .backend(Arc::clone(&backend) as _)
        .interviewer(Arc::new(AutoApproveInterviewer::new()));
    (builder, backend)
}

/// A pipeline `start -> … -> exit` with the statements in between.
pub(crate) fn pipeline(engine: &Engine, statements: &str) -> Pipeline {
    let source = digraph(statements);
    engine
        .prepare(&source)
        .unwrap_or_else(|error| panic!("{error}\n{source}"))
}

/// A graph with a start, an exit and the statements.
pub(crate) fn digraph(statements: &str) -> String {
    format!("digraph test {{ start [shape=Mdiamond]\n exit [shape=Msquare]\n {statements} }}")
}

/// A stage at a node of a graph with the statements.
pub(crate) fn stage(statements: &str, node: &str) -> StageContext {
    let (graph, _) = Graph::parse(&digraph(statements)).unwrap();
    StageContext::new(Arc::new(graph), node).unwrap()
}

/// The content of every file under a directory, by its path in it.
pub(crate) fn files(root: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else {
                let name = path
                    .strip_prefix(root)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                let content = fs::read(path).unwrap();
                found.insert(name, String::from_utf8_lossy(&content).into_owned());
            }
        }
    }
    found
}

/// A directory in memory where there is such a place: for tests that make thousands of files, of
/// which nothing is worth a disk.
pub(crate) fn quick_directory() -> TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap())
}

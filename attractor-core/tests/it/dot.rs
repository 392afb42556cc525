//! Every file of `fixtures/dot`: what it says, or what is wrong with it.

use std::path::{Path, PathBuf};

use attractor_core::{Graph, dot, lint};

pub(crate) fn fixtures(folder: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(folder);
    let entries = std::fs::read_dir(&root).expect("the fixture folder exists");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "dot"));
    paths.sort();
    assert!(!paths.is_empty(), "no fixture in {}", root.display());
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read_to_string(&path).unwrap())
    };
    paths.into_iter().map(read).collect()
}

#[test]
fn valid_files_give_the_graph_they_describe() {
    for (name, source) in fixtures("dot/ok") {
        let (graph, diagnostics) = Graph::parse(&source).unwrap_or_else(|e| panic!("{name}: {e}"));
        let classes = graph
            .nodes()
            .iter()
            .filter(|node| node.subgraph_class.is_some());
        let classes: String = classes
            .map(|node| format!("// {}: {}\n", node.id(), node.classes.join(" ")))
            .collect();
        let found = lint::render_plain(&diagnostics, "file.dot", &source);
        insta::assert_snapshot!(
            format!("ok_{name}"),
            format!("{}{classes}\n{found}", graph.to_dot())
        );
    }
}

#[test]
fn files_with_mistakes_are_refused_with_every_mistake_in_its_place() {
    for (name, source) in fixtures("dot/err") {
        let errors = dot::parse(&source).expect_err(&name);
        insta::assert_snapshot!(format!("err_{name}"), errors.render_plain("file.dot"));
    }
}

#[test]
fn the_canonical_text_of_a_graph_describes_the_same_graph() {
    for (name, source) in fixtures("dot/ok") {
        let (graph, _) = Graph::parse(&source).unwrap();
        let (again, _) = Graph::parse(&graph.to_dot()).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(again.to_dot(), graph.to_dot(), "{name}");
        assert_eq!(again.nodes().len(), graph.nodes().len(), "{name}");
        assert_eq!(again.edges().len(), graph.edges().len(), "{name}");
    }
}

#[test]
fn parse_errors_read_like_all_other_diagnostics() {
    let errors = dot::parse("digraph { a -- b }").unwrap_err();
    let diagnostics = errors.diagnostics();
    assert_eq!(diagnostics[0].rule, "syntax");
    assert_eq!(diagnostics[0].fix.as_deref(), Some("write `->`"));
    assert_eq!(errors.iter().next().unwrap().position().column, 13);
    insta::assert_snapshot!(errors, @r"
    error: undirected edges aren't supported
     --> source:1:13
      |
    1 | digraph { a -- b }
      |             ^^
      = help: write `->`
    ");
}

#[test]
fn columns_count_characters_and_lines_end_with_or_without_a_carriage_return() {
    let errors = dot::parse("digraph {\r\n  a [label=\"äöü\", x]\r\n}").unwrap_err();
    let error = errors.iter().next().unwrap();
    assert_eq!((error.position().line, error.position().column), (2, 19));
    assert!(!errors.to_string().contains('\r'));
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_text() {
    assert_eq!(dot::parse("\u{feff}digraph g {}").unwrap().name.text, "g");
}

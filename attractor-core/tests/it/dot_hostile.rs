//! Texts made to hurt: they are refused or read in time linear in their size.

use std::time::{Duration, Instant};

use attractor_core::{Graph, dot, transform, validate};

/// Far above what any of these takes, far below what a quadratic reading would.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs the whole language half and fails when that takes too long.
fn check(name: &str, source: &str) -> Result<Graph, String> {
    let begun = Instant::now();
    let result = match Graph::parse(source) {
        Ok((mut graph, mut diagnostics)) => {
            for step in transform::built_in() {
                graph = step.apply(graph, &mut diagnostics);
            }
            diagnostics.extend(validate(&graph, &[]));
            let error = diagnostics
                .iter()
                .find(|found| found.rule == "size_limit" || found.rule == "syntax");
            error.map_or(Ok(graph), |found| Err(found.message.clone()))
        }
        Err(errors) => {
            assert!(
                errors.to_string().len() < 100_000,
                "{name}: a report that nobody can read"
            );
            Err(errors.iter().next().unwrap().message.clone())
        }
    };
    assert!(
        begun.elapsed() < PATIENCE,
        "{name} took {:?}",
        begun.elapsed()
    );
    result
}

#[test]
fn ten_thousand_nested_subgraphs_are_refused_without_a_deep_stack() {
    let source = format!(
        "digraph g {{{}a{}}}",
        "subgraph {".repeat(10_000),
        "}".repeat(10_000)
    );
    let message = check("nested", &source).unwrap_err();
    assert_eq!(message, "subgraphs are nested deeper than 64 levels");
    check("nested, unclosed", &source[..90_000]).unwrap_err();
    check("braces", &format!("digraph g {}", "{".repeat(1_000_000))).unwrap_err();
}

#[test]
fn a_text_of_ten_megabytes_is_read_and_one_beyond_the_limit_refused() {
    let source = format!(
        "digraph g {{ a [prompt=\"{}\"] }}",
        "x\\n".repeat(3_300_000)
    );
    assert_eq!(
        check("long text", &source).unwrap().nodes()[0].prompt.len(),
        6_600_000
    );
    let message = check("too long", &" ".repeat(17 * 1024 * 1024)).unwrap_err();
    assert!(message.contains("longer than"), "{message}");
    check("never closed", &source[..source.len() - 4]).unwrap_err();
}

#[test]
fn garbage_is_refused_with_few_words() {
    let garbage = "\u{1}%$[[{<\"\\->;=\u{e4}".repeat(500_000);
    for (name, source) in [
        ("bare", garbage.clone()),
        ("in a graph", format!("digraph g {{{garbage}")),
        ("in brackets", format!("digraph g {{ a [{garbage}")),
        (
            "open angles",
            format!("digraph g {{ {}", "a [x=<] ".repeat(500_000)),
        ),
        (
            "open brackets",
            format!("digraph g {{ {}", "a [".repeat(1_000_000)),
        ),
        (
            "dashes",
            format!("digraph g {{ {}", "a -- ".repeat(1_000_000)),
        ),
        (
            "one line of mistakes",
            format!("digraph g {{ {}", "a [b];".repeat(1_000_000)),
        ),
    ] {
        check(name, &source).unwrap_err();
    }
}

#[test]
fn fifty_megabytes_of_garbage_are_refused_unread() {
    let begun = Instant::now();
    for piece in [
        "\u{1}%$[[{<\"\\->;=\u{e4}",
        "digraph g {",
        "{",
        "a->",
        "/**/",
        "\"",
    ] {
        let source = piece.repeat(50_000_000 / piece.len());
        let message = check("garbage", &source).unwrap_err();
        assert!(message.contains("longer than"), "{message}");
    }
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn many_comments_and_missing_commas_are_read_or_refused_in_linear_time() {
    let many = |piece: &str, count: usize| format!("digraph g {{ {} }}", piece.repeat(count));
    for (name, source) in [
        ("comments", many("/**/", 200_000)),
        ("lines", many("//\n#\n\n", 100_000)),
        ("comments of nodes", many("a /*b*/;//c\n", 100_000)),
        (
            "one comment",
            many(&format!("/*{}*/", "x".repeat(5_000_000)), 1),
        ),
    ] {
        let graph = check(name, &source);
        graph.unwrap_or_else(|message| panic!("{name}: {message}"));
        let begun = Instant::now();
        let printed = dot::format(&dot::parse(&source).unwrap());
        dot::parse(&printed).unwrap();
        transform::migrate(&source).unwrap();
        assert!(begun.elapsed() < PATIENCE, "{name}: {:?}", begun.elapsed());
    }
    check("too many comments", &many("/**/", 1_500_000)).unwrap_err();
    check("comments in a mistake", &many("a [= /**/", 300_000)).unwrap_err();
    let blocks = many(&format!("a [{}];", "x_a=1 x_b=2;".repeat(100)), 1_000);
    check("missing commas", &blocks).unwrap();
}

#[test]
fn long_lists_are_read_or_refused_in_linear_time() {
    let many = |piece: &str, count: usize| format!("digraph g {{ {} }}", piece.repeat(count));
    check(
        "a chain",
        &many("a -> b ->", 50_000).replace("-> }", "-> a }"),
    )
    .unwrap();
    check("one node again and again", &many("a [label=x];", 50_000)).unwrap();
    check("statements", &many("a;", 1_500_000)).unwrap_err();
    check(
        "attributes",
        &format!("digraph g {{ a [{}] }}", "x_a=1,".repeat(100_000)),
    )
    .unwrap_err();
    check("graph attributes", &many("x_a=1 ", 100_000)).unwrap();
}

#[test]
fn what_multiplies_is_bounded() {
    let big = "x".repeat(1_000_000);
    let nodes: String = (0..10_000).map(|n| format!("n{n};")).collect();
    let defaults = format!("digraph g {{ node [prompt=\"{big}\"] {nodes} }}");
    assert!(
        check("defaults", &defaults)
            .unwrap_err()
            .contains("expand the graph")
    );
    let chain = format!(
        "digraph g {{ a {} [label=\"{big}\"] }}",
        "-> a ".repeat(10_000)
    );
    assert!(
        check("a chain", &chain)
            .unwrap_err()
            .contains("expand the graph")
    );
    let goal = format!(
        "digraph g {{ goal=\"{big}\" {} }}",
        nodes.replace(';', " [prompt=\"$goal\"];")
    );
    assert!(
        check("variables", &goal)
            .unwrap_err()
            .contains("expands prompts")
    );
    let layers: String = (0..60_000)
        .map(|n| format!("subgraph {{ label=l{n} a }} "))
        .collect();
    assert!(
        check("classes", &format!("digraph g {{ {layers} }}"))
            .unwrap_err()
            .contains("classes")
    );
}

#[test]
fn long_paths_and_large_loops_are_walked_without_recursion() {
    let nodes: String = (0..50_000).map(|n| format!("n{n} [label=x];")).collect();
    let path: Vec<String> = (0..50_000).map(|n| format!("n{n}")).collect();
    let path = path.join(" -> ");
    let graph = check("a path", &format!("digraph g {{ {nodes} {path} -> n0 }}")).unwrap();
    assert_eq!(graph.nodes().len(), 50_000);
    let dangling: String = (0..50_000).map(|n| format!("n{n} -> m{n};")).collect();
    check("dangling", &format!("digraph g {{ {nodes} {dangling} }}")).unwrap();
}

#[test]
fn no_piece_of_a_valid_file_upsets_the_parser() {
    let source = super::dot::fixtures("dot/ok")
        .into_iter()
        .map(|(_, source)| source);
    for source in source.chain(
        super::dot::fixtures("dot/err")
            .into_iter()
            .map(|(_, text)| text),
    ) {
        for cut in (0..source.len()).filter(|&cut| source.is_char_boundary(cut)) {
            let _ = dot::parse(&source[..cut]);
            let _ = dot::parse(&source[cut..]);
            let _ = dot::parse(&format!("digraph g {{ {}", &source[cut..]));
        }
    }
}

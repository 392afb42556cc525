//! `attractor graph`.

use crate::harness::Bench;

#[test]
fn a_pipeline_is_printed_as_svg() {
    let bench = Bench::new();
    bench.write(
        "p.dot",
        "digraph g { start [shape=Mdiamond]; exit [shape=Msquare]; start -> exit }",
    );
    let finished = bench.output(&["graph", "p.dot"]).exits(0);
    assert!(
        finished.stdout.starts_with("<svg xmlns="),
        "{}",
        finished.stdout
    );
    assert!(
        finished.stdout.contains("id=\"node-start\""),
        "{}",
        finished.stdout
    );
    assert!(finished.stdout.ends_with("</svg>\n"), "{}", finished.stdout);
}

#[test]
fn it_is_written_to_a_file_on_request() {
    let bench = Bench::new();
    bench.write(
        "p.dot",
        "digraph g { start [shape=Mdiamond]; exit [shape=Msquare]; start -> exit }",
    );
    let finished = bench.output(&["graph", "p.dot", "-o", "p.svg"]).exits(0);
    assert_eq!(finished.stdout, "");
    assert!(
        std::fs::read_to_string(bench.work().join("p.svg"))
            .unwrap()
            .contains("</svg>")
    );
    bench
        .output(&["graph", "p.dot", "-o", "no/p.svg"])
        .exits(2)
        .says(&["can't write no/p.svg"]);
}

#[test]
fn what_is_no_graph_gets_its_diagnostics() {
    let bench = Bench::new();
    bench.write("p.dot", "graph g { a -- b }");
    bench
        .output(&["graph", "p.dot"])
        .exits(1)
        .says(&["p.dot:1:", "error"]);
}

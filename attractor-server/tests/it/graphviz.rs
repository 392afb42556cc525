//! `attractor migrate --graphviz`, with feature `dot-parser`.

use std::time::{Duration, Instant};

use crate::harness::{Bench, Finished};

fn import(bench: &Bench, text: &str) -> Finished {
    bench.write("a.dot", text);
    bench.output(&["migrate", "--graphviz", "--stdout", "a.dot"])
}

#[test]
fn a_general_graphviz_file_becomes_a_pipeline_file() {
    let text = r##"# made by a tool
strict digraph "my flow" {
    node [shape=box]; edge []
    "first step" [label=<<b>First</b> &amp; <i>best</i>>];
    "first step":port:ne -> {b; "c d"} -> e [weight=2]
    subgraph "cluster 1" { label = "Group" 7 ["my key"=1] }
    model -> e [label="it's \"it\""] /* gone */
}
"##;
    let bench = Bench::new();
    let finished = import(&bench, text).exits(0).says(&[
        "`strict` is gone",
        "node \"first step\" is now `first_step`",
        "node \"7\" is now `n7`",
        "names of ports are gone: 2",
        "attribute \"my key\" is now `x_my_key`",
        "HTML labels became plain texts: 1",
    ]);
    insta::assert_snapshot!(finished.stdout);
    bench.write("b.dot", &finished.stdout);
    bench.output(&["fmt", "--check", "b.dot"]).exits(0);
}

#[test]
fn what_has_no_counterpart_is_refused() {
    let bench = Bench::new();
    for (text, message) in [
        ("graph g { a -- b }", "an undirected graph"),
        ("digraph g {} digraph h {}", "several graphs"),
        ("# x\n\ndigraph g {\n a -> }", "a.dot:4:"),
    ] {
        import(&bench, text).exits(1).says(&[message]);
    }
}

#[test]
fn hostile_files_are_refused_soon() {
    let bench = Bench::new();
    let nested = format!("digraph g {{ {}a{} }}", "{".repeat(20), "}".repeat(20));
    let list = format!("digraph g {{ a [{}] }}", "x=1,".repeat(20_000));
    let chain = format!("digraph g {{ a {} }}", "-> a ".repeat(20_000));
    let wide = format!("digraph g {{ {} }}", "{a b c d}->".repeat(1_000) + "{e}");
    let long = " ".repeat(2 * 1024 * 1024);
    let deep = "digraph g { ".to_owned() + &"{a {b {c {d {e {f {g}}}}}}}".repeat(200) + "}";
    for text in [&nested, &list, &chain, &wide, &long, &deep] {
        let begun = Instant::now();
        let finished = import(&bench, text);
        assert!(matches!(finished.code, Some(0 | 1)), "{}", finished.stderr);
        assert!(begun.elapsed() < Duration::from_secs(60));
        println!("{:?} {:?} {}", finished.code, begun.elapsed(), &text[..20]);
    }
}

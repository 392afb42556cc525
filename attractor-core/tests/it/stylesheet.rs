//! The model stylesheet, as tables.

use attractor_core::{Node, Stylesheet};

fn node(id: &str, shape: &str, class: &str) -> Node {
    let node = Node::new(id.parse().unwrap());
    node.with("shape", shape)
        .unwrap()
        .with("class", class)
        .unwrap()
}

#[test]
fn the_more_specific_rule_counts_and_the_later_of_equals() {
    let sheet = Stylesheet::parse(
        "#review { llm_model: by-id }
         .code { llm_model: by-class; llm_provider: \"class provider\" }
         .late { llm_model: by-late-class }
         box { llm_model: by-shape; reasoning_effort: low; }
         * { llm_model: everything; llm_provider: any; reasoning_effort: medium }
         * { reasoning_effort: high }",
    )
    .unwrap();
    for (node, expected) in [
        (
            node("review", "box", "code"),
            "by-id / class provider / low",
        ),
        (node("a", "box", "code"), "by-class / class provider / low"),
        (
            node("a", "box", "late,code"),
            "by-late-class / class provider / low",
        ),
        (node("a", "box", ""), "by-shape / any / low"),
        (node("a", "hexagon", "other"), "everything / any / high"),
    ] {
        let found = sheet.properties(&node);
        let found = [found.llm_model, found.llm_provider, found.reasoning_effort];
        assert_eq!(found.map(Option::unwrap_or_default).join(" / "), expected);
    }
}

#[test]
fn every_form_of_the_grammar_is_read() {
    for source in [
        "",
        " \n ",
        "*{llm_model:a}",
        "box { llm_model: \"claude-opus-4-6\"; }",
        ".fast { llm_model: gemini-3-flash-preview ; llm_provider : gemini ; }",
        "#review{reasoning_effort:\"high\"}",
        "/* all */ * { /* the model */ llm_model: a/b:c@1 } /* end */",
        ".a-1 { llm_model: x } .b_2 { llm_model: y }",
        "* { llm_model: \"with \\\" quote; and } brace\" }",
    ] {
        Stylesheet::parse(source).unwrap_or_else(|error| panic!("{source}: {error}"));
    }
}

#[test]
fn mistakes_are_named_with_their_place() {
    let table: String = [
        "box",
        "{ llm_model: a }",
        "* llm_model: a",
        "* { }",
        "* { model: a }",
        "* { llm_modle: a }",
        "* { llm_model a }",
        "* { llm_model: }",
        "* { llm_model: a llm_provider: b }",
        "* { llm_model: a; ",
        "* { llm_model: \"a }",
        ".a, .b { llm_model: a }",
        "#1 { llm_model: a }",
        "* { llm_model: a } }",
        "* { llm_model: 'a' }",
        "/* open",
    ]
    .into_iter()
    .map(|source| {
        let error = Stylesheet::parse(source).expect_err(source);
        let hint = error
            .hint
            .clone()
            .map(|hint| format!(" [{hint}]"))
            .unwrap_or_default();
        format!("{source}  ->  {}: {error}{hint}\n", error.span.start)
    })
    .collect();
    insta::assert_snapshot!(table);
}

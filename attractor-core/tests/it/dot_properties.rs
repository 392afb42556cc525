//! Properties of the parser and the printer.

use attractor_core::dot::{
    self, Ast, Attr, AttrBlock, Body, EdgeStatement, Name, NodeStatement, Span, Statement,
    StatementKind, Subgraph, Value,
};
use attractor_core::{Condition, Graph, Stylesheet, validate};
use proptest::collection::vec;
use proptest::prelude::*;

fn name(pattern: &'static str) -> impl Strategy<Value = Name<'static>> {
    pattern.prop_map(Name::new)
}

fn id() -> impl Strategy<Value = Name<'static>> {
    name("[A-Za-z_][A-Za-z0-9_]{0,6}|node|graph|edge|subgraph|strict|digraph")
}

fn value() -> impl Strategy<Value = Value<'static>> {
    // As a person writes it: raw line ends, odd escapes.
    let quoted = any::<String>().prop_map(|text| (text.replace(['"', '\\'], "\\\""), true));
    let bare = "[A-Za-z_][A-Za-z0-9_.:-]{0,6}|-?[0-9]{1,4}(ms|s|m|h|d)?|-?[0-9]{0,2}\\.[0-9]{1,2}";
    let bare = bare.prop_map(|text: String| (text, false));
    prop_oneof![quoted, bare].prop_map(|(raw, quoted)| Value {
        raw: raw.into(),
        quoted,
        span: Span::default(),
    })
}

fn attr() -> impl Strategy<Value = Attr<'static>> {
    (name("[a-z_]{1,6}(\\.[a-z]{1,4}){0,2}|node"), value()).prop_map(|(name, value)| Attr {
        name,
        value,
        comments: Vec::new(),
    })
}

fn block() -> impl Strategy<Value = AttrBlock<'static>> {
    vec(attr(), 0..4).prop_map(|attrs| AttrBlock {
        attrs,
        ..AttrBlock::default()
    })
}

fn kind() -> impl Strategy<Value = StatementKind<'static>> {
    let leaf = prop_oneof![
        block().prop_map(StatementKind::GraphAttrs),
        block().prop_map(StatementKind::NodeDefaults),
        block().prop_map(StatementKind::EdgeDefaults),
        attr().prop_map(StatementKind::Attr),
        (id(), proptest::option::of(block()))
            .prop_map(|(id, block)| StatementKind::Node(NodeStatement { id, block })),
        (vec(id(), 2..4), proptest::option::of(block()))
            .prop_map(|(ids, block)| StatementKind::Edge(EdgeStatement { ids, block })),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        (proptest::option::of(id()), vec(inner, 0..4)).prop_map(|(name, statements)| {
            StatementKind::Subgraph(Subgraph {
                name,
                body: body(statements),
                span: Span::default(),
            })
        })
    })
}

fn body(kinds: Vec<StatementKind<'static>>) -> Body<'static> {
    Body {
        statements: kinds.into_iter().map(Statement::from).collect(),
        ..Body::default()
    }
}

pub(crate) fn ast() -> impl Strategy<Value = Ast<'static>> {
    (proptest::option::of(id()), vec(kind(), 0..6)).prop_map(|(name, kinds)| Ast {
        name: name.unwrap_or_default(),
        body: body(kinds),
        ..Ast::default()
    })
}

/// Text made of pieces of the language, so that it gets deeper than random characters do.
fn soup() -> impl Strategy<Value = String> {
    let pieces = vec![
        "digraph",
        "strict",
        "graph",
        "node",
        "edge",
        "subgraph",
        "a",
        "b1",
        "x.y",
        "1",
        "-",
        "->",
        "--",
        "{",
        "}",
        "[",
        "]",
        "=",
        ",",
        ";",
        ":",
        "\"",
        "\"text\"",
        "\\",
        "<",
        ">",
        "<b>",
        "//",
        "/*",
        "*/",
        "#",
        "\n",
        " ",
        "é",
        "+",
        "900s",
        "label",
        "condition=\"outcome=success\"",
    ];
    vec(proptest::sample::select(pieces), 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_printed_parses_to_the_same_tree(ast in ast()) {
        let text = dot::format(&ast);
        let again = dot::parse(&text).map_err(|errors| TestCaseError::fail(errors.to_string()))?;
        prop_assert_eq!(again.without_spans(), ast);
    }

    #[test]
    fn a_graph_survives_its_canonical_text(ast in ast()) {
        let (graph, _) = Graph::lower(&ast);
        let text = graph.to_dot();
        let (again, _) = Graph::parse(&text).map_err(|errors| TestCaseError::fail(errors.to_string()))?;
        prop_assert_eq!(again.to_dot(), text);
        let _ = validate(&graph, &[]);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>(), soup in soup()) {
        for source in [&text, &soup, &format!("digraph g {{ {soup}"), &format!("digraph {{ a [{soup}")] {
            match Graph::parse(source) {
                Ok((graph, _)) => drop(validate(&graph, &[])),
                Err(errors) => {
                    prop_assert!(errors.iter().count() > 0);
                    for error in &errors {
                        prop_assert!(source.get(error.span.start..error.span.end).is_some());
                    }
                    let _ = errors.to_string();
                }
            }
        }
    }

    #[test]
    fn no_text_makes_conditions_or_stylesheets_panic(text in "[a-z.=!&|()<> \"\\\\é{};:#*-]{0,40}") {
        if let Ok(condition) = Condition::parse(&text) {
            let _ = condition.eval(|key| Some(key.to_owned()));
        }
        let _ = Stylesheet::parse(&text);
    }
}

//! On plain Graphviz input our parser and `dot-parser` read the same: statements in their order,
//! nodes, edges, defaults and attributes. Beyond that the two languages differ (ADR 0001).

#![expect(clippy::panic, reason = "a test")]

use attractor_core::dot::{self, AttrBlock, Body, StatementKind};
use dot_parser::ast::{AttrList, AttrStmt, Graph, ID, NodeID, Stmt, StmtList, Subgraph};
use either::Either;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

type Pair<'a> = (ID<'a>, ID<'a>);

fn block() -> impl Strategy<Value = String> {
    let key = "[a-c][a-z0-9_]{0,4}";
    let value = prop_oneof![
        "[a-cA-C_][a-zA-Z0-9_]{0,6}",
        "-?[0-9]{1,4}",
        "-?[0-9]{0,2}\\.[0-9]{1,2}",
        "[ -!#-\\[\\]-~\u{e4}]{0,8}".prop_map(|text| format!("\"{text}\"")),
        Just(r#""a \"b\" \n c\l""#.to_owned()),
    ];
    let separator = select(vec![",", ", ", ";", "\n", " ", " /* c */ "]);
    let attr = (key, value, separator)
        .prop_map(|(key, value, separator)| format!("{key} = {value}{separator}"));
    vec(attr, 1..4).prop_map(|attrs| format!(" [{}]", attrs.concat()))
}

fn id() -> impl Strategy<Value = String> {
    "[a-cA-C_][a-zA-Z0-9_]{0,3}".prop_map(|id| id)
}

fn statement() -> impl Strategy<Value = String> {
    let attributed = |text: String, block: Option<String>| text + &block.unwrap_or_default();
    let leaf = prop_oneof![
        (id(), option::of(block())).prop_map(move |(id, block)| attributed(id, block)),
        (vec(id(), 2..5), option::of(block()))
            .prop_map(move |(ids, block)| attributed(ids.join(" -> "), block)),
        (select(vec!["graph", "node", "edge"]), block())
            .prop_map(|(word, block)| word.to_owned() + &block),
        (id(), "[a-c]{1,3}|[0-9]{1,3}").prop_map(|(key, value)| format!("{key} = {value}")),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        (option::of(id()), vec(inner, 0..4)).prop_map(|(name, statements)| {
            let name = name.unwrap_or_default();
            format!("subgraph {name} {{\n{}\n}}", statements.join(";\n"))
        })
    })
}

fn source() -> impl Strategy<Value = String> {
    let end = select(vec![";", "\n", ";\n", "; // c\n"]);
    (option::of(id()), vec((statement(), end), 0..8)).prop_map(|(name, statements)| {
        let statements: String = statements
            .into_iter()
            .map(|(text, end)| text + end)
            .collect();
        format!(
            "digraph {} {{\n{statements}\n}}\n",
            name.unwrap_or_default()
        )
    })
}

/// Our reading, a line a statement.
fn ours(body: &Body<'_>, lines: &mut Vec<String>) {
    let block = |block: &AttrBlock<'_>| {
        let attrs = block.attrs.iter();
        let attrs = attrs.map(|attr| format!(" {}={}", attr.name.text, attr.value.raw));
        attrs.collect::<String>()
    };
    let optional = |it: &Option<AttrBlock<'_>>| it.as_ref().map(block).unwrap_or_default();
    for statement in &body.statements {
        match &statement.kind {
            StatementKind::GraphAttrs(it) => lines.push(format!("graph{}", block(it))),
            StatementKind::NodeDefaults(it) => lines.push(format!("node{}", block(it))),
            StatementKind::EdgeDefaults(it) => lines.push(format!("edge{}", block(it))),
            StatementKind::Attr(attr) => {
                lines.push(format!("set {}={}", attr.name.text, attr.value.raw));
            }
            StatementKind::Node(node) => {
                lines.push(format!("{}{}", node.id.text, optional(&node.block)));
            }
            StatementKind::Edge(edge) => {
                let ids: Vec<&str> = edge.ids.iter().map(|id| &*id.text).collect();
                lines.push(format!("{}{}", ids.join(" -> "), optional(&edge.block)));
            }
            StatementKind::Subgraph(subgraph) => {
                let name = subgraph.name.as_ref().map_or("", |name| &name.text);
                lines.push(format!("{name} {{"));
                ours(&subgraph.body, lines);
                lines.push("}".to_owned());
            }
        }
    }
}

/// The same of the other parser's reading.
fn theirs(statements: &StmtList<Pair<'_>>, lines: &mut Vec<String>) {
    let block = |list: &AttrList<Pair<'_>>| {
        let pairs = list.elems.iter().flat_map(|list| &list.elems);
        let pairs = pairs.map(|(key, value)| {
            let (key, value): (String, String) = (key.clone().into(), value.clone().into());
            format!(" {key}={value}")
        });
        pairs.collect::<String>()
    };
    let optional = |it: &Option<AttrList<Pair<'_>>>| it.as_ref().map(block).unwrap_or_default();
    let end = |end: &Either<NodeID, Subgraph<Pair<'_>>>| match end {
        Either::Left(node) => node.id.clone(),
        Either::Right(_) => panic!("no group is generated"),
    };
    for statement in statements {
        match statement {
            Stmt::AttrStmt(AttrStmt::Graph(it)) => lines.push(format!("graph{}", block(it))),
            Stmt::AttrStmt(AttrStmt::Node(it)) => lines.push(format!("node{}", block(it))),
            Stmt::AttrStmt(AttrStmt::Edge(it)) => lines.push(format!("edge{}", block(it))),
            Stmt::IDEq(key, value) => lines.push(format!("set {key}={value}")),
            Stmt::NodeStmt(node) => lines.push(format!("{}{}", node.node.id, optional(&node.attr))),
            Stmt::EdgeStmt(edge) => {
                let mut ids = vec![end(&edge.from)];
                let mut next = Some(&edge.next);
                while let Some(right) = next {
                    ids.push(end(&right.to));
                    next = right.next.as_deref();
                }
                lines.push(format!("{}{}", ids.join(" -> "), optional(&edge.attr)));
            }
            Stmt::Subgraph(subgraph) => {
                lines.push(format!("{} {{", subgraph.id.as_deref().unwrap_or_default()));
                theirs(&subgraph.stmts, lines);
                lines.push("}".to_owned());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_parsers_read_the_same(source in source()) {
        let ast = dot::parse(&source).map_err(|errors| TestCaseError::fail(errors.to_string()))?;
        let graph: Graph<Pair<'_>> =
            Graph::try_from(source.as_str()).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(&*ast.name.text, graph.name.as_deref().unwrap_or_default());
        let (mut here, mut there) = (Vec::new(), Vec::new());
        ours(&ast.body, &mut here);
        theirs(&graph.stmts, &mut there);
        prop_assert_eq!(here, there);
    }
}

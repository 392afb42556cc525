//! Lowering: what the typed graph holds.

use std::time::Duration;

use attractor_core::{
    AttrType, AttrValue, Edge, Element, Graph, Node, NodeId, Origin, Severity, Shape,
    attribute_type,
};

fn graph(body: &str) -> Graph {
    Graph::parse(&format!("digraph g {{ {body} }}")).unwrap().0
}

fn only(body: &str) -> Node {
    graph(body).node("a").unwrap().clone()
}

#[test]
fn quoted_and_bare_values_count_as_the_type_of_their_attribute() {
    for body in [
        "a [goal_gate=\"true\", max_retries=\"2\", timeout=\"900s\"]",
        "a [goal_gate=true, max_retries=2, timeout=900s]",
        "a [goal_gate=true, max_retries=2, timeout=900]",
        "a [goal_gate=true, max_retries=2, timeout=15m]",
    ] {
        let node = only(body);
        assert!(node.goal_gate);
        assert_eq!(node.max_retries, Some(2));
        assert_eq!(node.timeout, Some(Duration::from_secs(900)));
    }
}

#[test]
fn every_attribute_of_appendix_a_has_its_type() {
    use AttrType::{Boolean, Count, Duration, Integer, String};
    let rows: &[(Element, AttrType, &str)] = &[
        (
            Element::Graph,
            String,
            "goal label model_stylesheet default_fidelity retry_target fallback_retry_target \
             stack.child_dotfile stack.child_workdir tool_hooks.pre tool_hooks.post",
        ),
        (Element::Graph, Count, "default_max_retries"),
        (
            Element::Node,
            String,
            "label shape type prompt retry_target fallback_retry_target fidelity thread_id class \
             llm_model llm_provider reasoning_effort",
        ),
        (Element::Node, Count, "max_retries"),
        (
            Element::Node,
            Boolean,
            "goal_gate auto_status allow_partial",
        ),
        (Element::Node, Duration, "timeout"),
        (Element::Edge, String, "label condition fidelity thread_id"),
        (Element::Edge, Integer, "weight"),
        (Element::Edge, Boolean, "loop_restart"),
    ];
    for (element, kind, names) in rows {
        for name in names.split(' ') {
            assert_eq!(attribute_type(*element, name), Some(*kind), "{name}");
        }
    }
}

#[test]
fn every_unit_of_a_duration_is_known() {
    for (text, milliseconds) in [
        ("250ms", 250),
        ("900s", 900_000),
        ("15m", 900_000),
        ("2h", 7_200_000),
        ("1d", 86_400_000),
    ] {
        assert_eq!(
            only(&format!("a [timeout={text}]")).timeout,
            Some(Duration::from_millis(milliseconds))
        );
    }
}

#[test]
fn a_text_stays_as_written_whatever_it_looks_like() {
    let node = only("a [label=\"2h\", prompt=30s, tool_command=true, llm_model=4.1]");
    assert_eq!((node.label.as_str(), node.prompt.as_str()), ("2h", "30s"));
    assert_eq!(
        (node.tool_command.as_deref(), node.llm_model.as_deref()),
        (Some("true"), Some("4.1"))
    );
}

#[test]
fn defaults_of_the_specification_hold_where_nothing_is_written() {
    let node = only("a");
    assert_eq!(node.label, "a");
    assert_eq!(node.shape, Shape::Box);
    assert_eq!(node.resolved_type(), "codergen");
    assert_eq!(
        (node.prompt.as_str(), node.max_retries, node.timeout),
        ("", None, None)
    );
    assert!(!node.goal_gate && !node.auto_status && !node.allow_partial);
    let graph = graph("a -> b");
    let edge = &graph.edges()[0];
    assert_eq!(
        (edge.label.as_str(), edge.weight, edge.loop_restart),
        ("", 0, false)
    );
    assert!(edge.condition.is_none());
    assert_eq!(
        (
            graph.attrs().goal.as_str(),
            graph.attrs().default_max_retries
        ),
        ("", None)
    );
}

#[test]
fn an_empty_text_is_the_same_as_none() {
    let node = only("a [type=\"\", retry_target=\"\", llm_model=\"\"]");
    assert_eq!(
        (node.handler_type, node.retry_target, node.llm_model),
        (None, None, None)
    );
}

#[test]
fn each_shape_stands_for_its_handler() {
    for (shape, handler) in [
        ("Mdiamond", "start"),
        ("Msquare", "exit"),
        ("box", "codergen"),
        ("hexagon", "wait.human"),
        ("diamond", "conditional"),
        ("component", "parallel"),
        ("tripleoctagon", "parallel.fan_in"),
        ("parallelogram", "tool"),
        ("house", "stack.manager_loop"),
        ("ellipse", "codergen"),
    ] {
        assert_eq!(only(&format!("a [shape={shape}]")).resolved_type(), handler);
        assert_eq!(
            only(&format!("a [shape={shape}, type=mine]")).resolved_type(),
            "mine"
        );
    }
}

#[test]
fn a_chain_is_one_edge_for_each_pair_with_the_attributes_of_all() {
    let graph = graph("a -> b -> c [label=next, weight=2]");
    let edges: Vec<String> = graph
        .edges()
        .iter()
        .map(|e| format!("{}>{} {} {}", e.from(), e.to(), e.label, e.weight))
        .collect();
    assert_eq!(edges, ["a>b next 2", "b>c next 2"]);
}

#[test]
fn edges_come_in_source_order_both_ways_even_to_undeclared_nodes() {
    let graph = graph("a; b; a -> b; c -> b; a -> ghost; a -> b");
    let out: Vec<usize> = graph.outgoing("a").map(Edge::index).collect();
    let into: Vec<&str> = graph
        .incoming("b")
        .map(|edge| edge.from().as_str())
        .collect();
    assert_eq!(out, [0, 2, 3]);
    assert_eq!(into, ["a", "c", "a"]);
    assert_eq!(graph.incoming("ghost").count(), 1);
    assert!(graph.node("ghost").is_none());
}

#[test]
fn defaults_reach_later_nodes_of_their_scope_only() {
    let graph = graph(
        "a node [max_visits=1] b subgraph { node [max_visits=2] c subgraph { d } } e [max_visits=9] f",
    );
    let visits: Vec<Option<u32>> = graph.nodes().iter().map(|node| node.max_visits).collect();
    assert_eq!(visits, [None, Some(1), Some(2), Some(2), Some(9), Some(1)]);
    assert_eq!(
        graph.node("c").unwrap().origin("max_visits"),
        Some(Origin::Inherited)
    );
    assert_eq!(
        graph.node("e").unwrap().origin("max_visits"),
        Some(Origin::Explicit)
    );
}

#[test]
fn labels_of_subgraphs_become_classes_of_the_nodes_in_them() {
    let graph = graph(
        "subgraph s { a [class=\"own, loop-a\"] subgraph { b graph [label=\"Ünit (2)\"] } label=\"Loop A\" } c",
    );
    let classes = |id: &str| graph.node(id).unwrap().classes.join(" ");
    assert_eq!(classes("a"), "own loop-a");
    assert_eq!(classes("b"), "loop-a nit-2");
    assert_eq!(classes("c"), "");
    assert_eq!(
        graph.node("b").unwrap().subgraph_class.as_deref(),
        Some("nit-2")
    );
}

#[test]
fn a_node_declared_twice_is_one_node_with_what_both_say() {
    let (graph, found) = Graph::parse(
        "digraph g { a [prompt=x, label=l] subgraph { label=C a [prompt=y, class=k] } }",
    )
    .unwrap();
    let node = graph.node("a").unwrap();
    assert_eq!(
        (
            graph.nodes().len(),
            node.prompt.as_str(),
            node.label.as_str()
        ),
        (1, "y", "l")
    );
    assert_eq!(node.classes, ["k", "c"]);
    assert_eq!(found[0].rule, "attribute_repeated");
}

#[test]
fn attributes_beyond_the_language_keep_the_type_they_look_like() {
    let node = only(
        "a [human.default_choice=b, x_n=-3, x_t=5m, x_b=true, x_s=\"3\", manager.max_cycles=\"7\"]",
    );
    assert_eq!(
        node.attr("human.default_choice"),
        Some(&AttrValue::from("b"))
    );
    assert_eq!(node.attr("x_n").and_then(AttrValue::as_i64), Some(-3));
    assert_eq!(
        node.attr("x_t").and_then(AttrValue::as_duration),
        Some(Duration::from_secs(300))
    );
    assert_eq!(node.attr("x_b").and_then(AttrValue::as_bool), Some(true));
    assert_eq!(node.attr("x_s"), Some(&AttrValue::from("3")));
    assert_eq!(
        node.attr("manager.max_cycles"),
        Some(&AttrValue::Integer(7))
    );
}

#[test]
fn a_value_of_the_wrong_type_is_an_error_in_its_place_and_never_a_default() {
    let source = "digraph g { a [max_retries=two] }";
    let (graph, found) = Graph::parse(source).unwrap();
    assert_eq!(graph.node("a").unwrap().max_retries, None);
    assert_eq!(
        (found[0].rule.as_str(), found[0].severity),
        ("attribute_type", Severity::Error)
    );
    let span = found[0].span.unwrap();
    assert_eq!(&source[span.start..span.end], "two");
}

#[test]
fn start_and_exit_go_by_shape_then_type_then_id() {
    let ends = |body: &str| {
        let graph = graph(body);
        let id = |node: Option<&Node>| node.map_or("-".to_owned(), |node| node.id().to_string());
        format!("{} {}", id(graph.start()), id(graph.exit()))
    };
    assert_eq!(
        ends("start; go [shape=Mdiamond]; end; done [shape=Msquare]"),
        "go done"
    );
    assert_eq!(
        ends("start; go [type=start]; exit; done [type=exit]"),
        "go done"
    );
    assert_eq!(ends("Start; End"), "Start End");
    assert_eq!(ends("a; b"), "- -");
    let graph = graph("start; exit; a");
    let types: Vec<&str> = graph
        .nodes()
        .iter()
        .map(|node| graph.resolved_type(node))
        .collect();
    assert_eq!(types, ["start", "exit", "codergen"]);
}

#[test]
fn a_program_can_build_and_change_a_graph() {
    let id = |text: &str| text.parse::<NodeId>().unwrap();
    let mut graph = Graph::new("built");
    graph.add_edge(
        Edge::new(id("a"), id("b"))
            .with("condition", "outcome=success")
            .unwrap(),
    );
    graph.add_node(Node::new(id("a"))).unwrap();
    assert!(graph.add_node(Node::new(id("a"))).is_err());
    assert!(graph.start().is_none());
    graph
        .node_mut("a")
        .unwrap()
        .set("shape", "Mdiamond")
        .unwrap();
    assert_eq!(graph.start().unwrap().id(), &"a");
    assert!(graph.attrs_mut().set("max_steps", "many").is_err());
    graph.attrs_mut().set("max_steps", 7).unwrap();
    assert_eq!(graph.attrs().max_steps, Some(7));
    assert_eq!(
        Node::new(id("x"))
            .with("timeout", "soon")
            .unwrap_err()
            .to_string(),
        "`timeout` is `soon`, but wants a duration like 250ms, 900s, 15m, 2h or 1d"
    );
}

#[test]
fn ids_are_identifiers_also_when_they_come_from_elsewhere() {
    assert!(serde_json::from_str::<NodeId>("\"a b\"").is_err());
    assert_eq!(
        serde_json::to_string(&"a".parse::<NodeId>().unwrap()).unwrap(),
        "\"a\""
    );
}

#[test]
fn fields_that_a_program_sets_count_as_written_and_reach_the_canonical_text() {
    let id = |text: &str| text.parse::<NodeId>().unwrap();
    let mut node = Node::new(id("a"));
    node.prompt = "do it".to_owned();
    node.llm_model = Some("own".to_owned());
    node.max_retries = Some(0);
    node.extra.insert("x_empty".to_owned(), "".into());
    assert_eq!(node.origin("prompt"), Some(Origin::Explicit));
    assert_eq!(node.origin("label"), None);
    let mut edge = Edge::new(id("a"), id("a"));
    edge.weight = 2;
    let mut graph = Graph::new("g");
    graph.attrs_mut().goal = "done".to_owned();
    graph.add_node(node).unwrap();
    graph.add_edge(edge);
    insta::assert_snapshot!(graph.to_dot(), @r#"
    digraph g {
        graph [goal="done"]
        a [llm_model="own", max_retries="0", prompt="do it", x_empty=""]
        a -> a [weight="2"]
    }
    "#);
}

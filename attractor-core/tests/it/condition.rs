//! The condition language, as tables.

use attractor_core::Condition;

/// Evaluates with a run where the stage succeeded and a few things are in the context.
fn holds(condition: &str) -> bool {
    let condition =
        Condition::parse(condition).unwrap_or_else(|error| panic!("{condition}: {error}"));
    condition.eval(|key| {
        let value = match key {
            "outcome" => "success",
            "preferred_label" => "Fix",
            "context.tests_passed" => "true",
            "loop_state" => "running",
            "count" => "10",
            "version" => "1.9",
            "graph.goal" => "ship && win = all",
            "list" => "[\"a\",\"b c\",3]",
            "empty" => "",
            "no" => "false",
            _ => return None,
        };
        Some(value.to_owned())
    })
}

#[test]
fn the_grammar_of_the_specification_is_understood() {
    for (condition, expected) in [
        ("", true),
        ("  ", true),
        ("outcome=success", true),
        ("outcome=fail", false),
        ("outcome!=fail", true),
        ("outcome = success", true),
        ("outcome=success && context.tests_passed=true", true),
        ("outcome=fail && context.tests_passed=true", false),
        ("context.loop_state!=exhausted", true),
        ("preferred_label=Fix", true),
        ("preferred_label=fix", false),
        ("preferred_label=\"Fix\"", true),
        // Without the prefix, and with a key that only exists without it.
        ("loop_state=running", true),
        ("context.loop_state=running", true),
        // A missing key is an empty text.
        ("context.missing=true", false),
        ("context.missing!=true", true),
        ("context.missing=\"\"", true),
        // A key alone.
        ("loop_state", true),
        ("context.missing", false),
        ("empty", false),
        ("no", false),
        ("outcome=success&&count=10", true),
    ] {
        assert_eq!(holds(condition), expected, "{condition}");
    }
}

#[test]
fn the_superset_is_understood() {
    for (condition, expected) in [
        ("outcome=fail || outcome=success", true),
        ("outcome=success && outcome=fail || count=10", true),
        ("outcome=success && (outcome=fail || count=9)", false),
        ("!outcome=fail", true),
        ("!(outcome=success && count=10)", false),
        ("!!loop_state", true),
        ("!context.missing", true),
        ("count > 9", true),
        ("count >= 10", true),
        ("count < 9.5", false),
        ("count<=10", true),
        ("count > -1", true),
        // As texts, since one side is no number.
        ("loop_state > a", true),
        ("loop_state contains runn", true),
        ("list contains a", true),
        ("list contains \"b c\"", true),
        ("list contains 3", true),
        ("list contains b", false),
        ("loop_state matches ^run", true),
        ("loop_state matches \"^r.*g$\"", true),
        ("loop_state matches \"^x\"", false),
        // Operators in quotes are text.
        ("graph.goal=\"ship && win = all\"", true),
        ("graph.goal contains \"&&\"", true),
        ("graph.goal!=\"a || b\"", true),
    ] {
        // `^run` is no word of the language, so patterns with signs need quotes.
        if condition.contains("matches ^") {
            assert!(Condition::parse(condition).is_err(), "{condition}");
            continue;
        }
        assert_eq!(holds(condition), expected, "{condition}");
    }
}

#[test]
fn mistakes_are_named_with_their_place() {
    let table: String = [
        "outcome",
        "outcome=",
        "outcome==success",
        "=success",
        "outcome=success &&",
        "&& outcome=success",
        "outcome=success & x=1",
        "outcome=success and x=1",
        "outcome=success or x=1",
        "preferred_label=Needs work",
        "outcome='success'",
        "(outcome=success",
        "outcome=success)",
        "context.=1",
        "1st=2",
        "a:b=2",
        "outcome=\"success",
        "outcome ~ success",
        "outcome matches \"(\"",
        "outcome=sü",
        "outcome <> fail",
    ]
    .into_iter()
    .map(|condition| match Condition::parse(condition) {
        Ok(_) => format!("{condition}  ->  fine\n"),
        Err(error) => {
            let hint = error
                .hint
                .clone()
                .map(|hint| format!(" [{hint}]"))
                .unwrap_or_default();
            format!("{condition}  ->  {error}{hint}\n")
        }
    })
    .collect();
    insta::assert_snapshot!(table);
}

#[test]
fn keys_are_listed_once_in_order() {
    let condition = Condition::parse("b=1 && (a=2 || !b=3) && c matches x").unwrap();
    assert_eq!(condition.keys(), ["b", "a", "c"]);
    assert_eq!(condition.source(), "b=1 && (a=2 || !b=3) && c matches x");
}

#[test]
fn deep_and_long_conditions_are_refused() {
    assert!(Condition::parse(&format!("{}a{}", "(".repeat(1000), ")".repeat(1000))).is_err());
    assert!(Condition::parse(&format!("{}a", "!".repeat(4000))).is_err());
    assert!(Condition::parse(&"a=1 && ".repeat(10_000)).is_err());
    assert!(Condition::parse(&format!("a matches \"{}\"", "(x{1000}){1000}")).is_err());
}

#[test]
fn a_hostile_pattern_takes_linear_time() {
    let condition = Condition::parse("a matches \"^(x+x+)+$\"").unwrap();
    assert!(!condition.eval(|_| Some(format!("{}y", "x".repeat(5_000)))));
}

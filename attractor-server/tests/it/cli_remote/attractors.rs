use super::desk::{Desk, GATE, stable};

#[tokio::test]
async fn a_pipeline_is_pushed_compared_and_pulled() {
    let desk = Desk::start().await;
    desk.push("gate", GATE);
    let changed = GATE.replace("Ship it?", "Ship it now?");
    desk.plant.bench.write("gate.dot", &changed);
    let differs = desk.prints(&["attractor", "diff", "gate", "gate.dot"]);
    insta::assert_snapshot!(differs, @r#"
    --- gate 1
    +++ gate.dot
    @@ -1,7 +1,7 @@
     digraph gate {
         start [shape=Mdiamond]; done [shape=Msquare]
         look [shape=parallelogram, tool_command="echo fine >.attractor/out/report.md"]
    -    gate [shape=hexagon, label="Ship it?", max_visits=3]
    +    gate [shape=hexagon, label="Ship it now?", max_visits=3]
         start -> look -> gate
         gate -> done [label="[A] Approve"]
         gate -> look [label="[F] Fix"]
    "#);
    let pushed = desk.types(&["attractor", "push", "gate.dot"]).exits(0);
    assert_eq!(pushed.stdout, "pushed gate (version 2)\n");
    let again = desk.prints(&["attractor", "push", "gate.dot"]);
    assert_eq!(again, "unchanged gate (version 2)\n");
    assert_eq!(
        desk.prints(&["attractor", "diff", "gate"]).lines().count(),
        differs.lines().count()
    );
    assert_eq!(desk.prints(&["attractor", "diff", "gate", "gate.dot"]), "");
    assert_eq!(desk.prints(&["attractor", "pull", "gate"]), changed);
    assert_eq!(
        desk.json(&["attractor", "pull", "gate", "--version", "1"])["content"],
        GATE
    );
    desk.types(&["attractor", "pull", "gate", "-o", "pulled.dot"])
        .exits(0);
    let pulled = desk.plant.bench.work().join("pulled.dot");
    assert_eq!(std::fs::read_to_string(pulled).unwrap(), changed);
    let list = desk.prints(&["attractor", "list"]);
    let shown = desk.prints(&["attractor", "show", "gate"]);
    let versions = desk.prints(&["attractor", "versions", "gate"]);
    insta::assert_snapshot!(stable(&desk, &format!("{list}\n{shown}\n{versions}")), @r#"
    [id]  gate  task  2        yes     gate.dot

    id           [id]
    name         gate
    description  -
    type         task
    version      2
    path         gate.dot
    active       yes
    model        anthropic/claude-sonnet-4-5
    errors       0
    warnings     0
    changed      [moment]

    2        bfda8303282f  309    admin   [moment]
    1        d7ee524e7b04  305    admin   [moment]
    "#);
}

#[tokio::test]
async fn what_somebody_else_has_written_is_not_written_over() {
    let desk = Desk::start().await;
    desk.push("gate", GATE);
    desk.plant
        .bench
        .write("gate.dot", &GATE.replace("Ship", "Sink"));
    desk.types(&["attractor", "push", "gate.dot", "--expected-version", "0"])
        .exits(2)
        .says(&["attractor attractor diff"]);
    let refused = desk.types(&[
        "attractor",
        "push",
        "gate.dot",
        "--expected-version",
        "0",
        "--json",
    ]);
    let error: serde_json::Value = serde_json::from_str(&refused.exits(2).stdout).unwrap();
    assert_eq!(error["server"]["code"], "version_conflict");
    assert_eq!(desk.prints(&["attractor", "pull", "gate"]), GATE);
}

#[tokio::test]
async fn a_pipeline_with_errors_is_shown_what_is_wrong_and_stays_here() {
    let desk = Desk::start().await;
    desk.plant
        .bench
        .write("bad.dot", "digraph bad {\n  a -> \n}");
    desk.types(&["attractor", "push", "bad.dot"])
        .exits(1)
        .says(&["bad.dot:", "invalid bad.dot: 1 error"]);
    let refused = desk
        .types(&["attractor", "push", "bad.dot", "--json"])
        .exits(1);
    let error: serde_json::Value = serde_json::from_str(&refused.stdout).unwrap();
    assert!(error["diagnostics"][0]["line"].is_u64(), "{error}");
    assert_eq!(desk.prints(&["attractor", "list"]), "");
}

#[tokio::test]
async fn an_attractor_is_put_to_rest_and_deleted() {
    let desk = Desk::start().await;
    desk.push("gate", GATE);
    assert_eq!(
        desk.prints(&["attractor", "deactivate", "gate"]),
        "gate is inactive\n"
    );
    desk.types(&["runs", "start", "gate"])
        .exits(2)
        .says(&["inactive", "attractor attractor activate"]);
    assert_eq!(
        desk.json(&["attractor", "activate", "gate"])["active"],
        true
    );
    assert_eq!(
        desk.prints(&["attractor", "delete", "gate", "--yes"]),
        "deleted gate\n"
    );
    assert_eq!(desk.prints(&["attractor", "list"]), "");
}

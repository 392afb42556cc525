//! Pipelines that ask no model.

/// Writes what a planning run must leave.
pub(crate) const PLAN: &str = r##"digraph plan {
    start [shape=Mdiamond]; done [shape=Msquare]
    write [shape=parallelogram, tool_command="cd .attractor/out && echo '# Plan' >plan.md && echo '# R' >requirements.md && echo '{\"tasks\": [{\"id\": \"1\", \"title\": \"x\"}]}' >tasks.json && echo '# Tests' >acceptance-tests.md"]
    start -> write -> done
}"##;

/// Appends what the bundle says to a file of the repository.
pub(crate) const WORK: &str = r#"digraph work {
    graph [goal="Greet the world"]
    start [shape=Mdiamond]; done [shape=Msquare]
    edit [shape=parallelogram, tool_command="cat .attractor/spec/plan.md >>work.txt"]
    note [shape=parallelogram, tool_command="echo '# Done' >.attractor/out/implementation-note.md"]
    start -> edit -> note -> done
}"#;

/// Leaves a file.
pub(crate) const TASK: &str = r#"digraph review {
    start [shape=Mdiamond]; done [shape=Msquare]
    look [shape=parallelogram, tool_command="echo fine >.attractor/out/report.md"]
    start -> look -> done
}"#;

/// Waits in a command until a file is there.
pub(crate) const SLOW: &str = r#"digraph slow {
    start [shape=Mdiamond]; done [shape=Msquare]
    first [shape=parallelogram, tool_command="echo first >>.attractor/out/report.md"]
    wait [shape=parallelogram, tool_command="echo $$ >PID; while [ -e PID ] && ! [ -e GO ]; do sleep 0.1; done"]
    last [shape=parallelogram, tool_command="echo last >>.attractor/out/report.md"]
    start -> first -> wait -> last -> done
}"#;

/// Asks a person, and leaves what was said.
pub(crate) const GATE: &str = r#"digraph gate {
    start [shape=Mdiamond]; done [shape=Msquare]
    gate [shape=hexagon, label="Ship it?"]
    yes [shape=parallelogram, tool_command="echo yes >.attractor/out/answer.txt"]
    no [shape=parallelogram, tool_command="echo no >.attractor/out/answer.txt"]
    start -> gate
    gate -> yes [label="[Y] Yes"]
    gate -> no [label="[N] No"]
    yes -> done; no -> done
}"#;

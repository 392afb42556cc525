//! `attractor run`: what it does, shows and leaves.

use attractor_llm::testing::{Match, Script, ScriptedServer, Turn};
use serde_json::json;

use crate::harness::{Bench, Finished, json_lines, names, text};

const SHELL: &str = "digraph checks {
    start [shape=Mdiamond]; exit [shape=Msquare]
    first  [shape=parallelogram, tool_command=\"echo one > one.txt\"]
    second [shape=parallelogram, tool_command=\"cat one.txt\"]
    start -> first -> second -> exit
}";

const AGENT: &str = "digraph agent {
    graph [goal=\"Say hello\"]
    start [shape=Mdiamond]; exit [shape=Msquare]
    work  [prompt=\"$goal in hello.txt\"]
    check [shape=parallelogram, tool_command=\"grep -q hello hello.txt\"]
    start -> work -> check -> exit
}";

/// A model that writes hello.txt and says so.
fn writes_hello() -> Script {
    let call = json!({ "file_path": "hello.txt", "content": "hello\n" });
    Script::new()
        .turn(
            Turn::tool_call("write_file", call)
                .usage(1_000, 50)
                .when(Match::any().tool_results(0))
                .repeat(),
        )
        .turn(
            Turn::text("I wrote hello.txt.")
                .usage(1_100, 10)
                .when(Match::any().tool_results(1))
                .repeat(),
        )
}

/// `attractor run` against a scripted model.
async fn run_agent(bench: &Bench, script: Script, more: &[&str]) -> Finished {
    let server = ScriptedServer::start(script)
        .await
        .expect("a loopback port");
    let file = bench.write("pipeline.dot", AGENT);
    let logs = bench.logs();
    let run = ["run", text(&file), "--logs", text(&logs)];
    let finished = bench.with_model(&server, &[&run, more].concat()).await;
    assert_eq!(server.unmatched(), Vec::<String>::new());
    server.shutdown().await;
    finished
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_runs_with_the_models_of_any_provider() {
    for model in [
        "openai/gpt-5.2",
        "gemini/gemini-3.6-flash",
        "claude-opus-4-6",
    ] {
        let bench = Bench::new();
        run_agent(&bench, writes_hello(), &["--model", model])
            .await
            .exits(0);
        let written = std::fs::read_to_string(bench.work().join("hello.txt"));
        assert!(written.is_ok(), "{model}");
    }
}

#[test]
fn a_pipeline_of_commands_runs_in_the_working_directory() {
    let bench = Bench::new();
    let finished = bench
        .run(SHELL, &[])
        .exits(0)
        .says(&["first: started (tool)", "second -> exit"]);
    assert!(
        finished.stdout.contains("run succeeded in"),
        "{}",
        finished.stdout
    );
    assert!(
        finished.stdout.contains(text(&bench.logs())),
        "{}",
        finished.stdout
    );
    assert_eq!(
        std::fs::read_to_string(bench.work().join("one.txt")).unwrap(),
        "one\n"
    );
}

#[test]
fn json_prints_the_journal() {
    let bench = Bench::new();
    let finished = bench.run(SHELL, &["--json"]).exits(0);
    let printed = json_lines(&finished.stdout);
    assert_eq!(printed, bench.journal());
    assert_eq!(names(&printed).first(), Some(&"run_started"));
    assert_eq!(names(&printed).last(), Some(&"run_completed"));
    let numbers: Vec<u64> = printed
        .iter()
        .filter_map(|entry| entry["seq"].as_u64())
        .collect();
    assert_eq!(numbers, (1..=printed.len() as u64).collect::<Vec<_>>());
    assert_eq!(finished.stderr, "");
}

const BRANCHES: &str = "digraph branches {
    start [shape=Mdiamond]; exit [shape=Msquare]
    fan  [shape=component]; join [shape=tripleoctagon]
    left  [shape=parallelogram, tool_command=\"echo left\"]
    right [shape=parallelogram, tool_command=\"echo right\"]
    after [shape=parallelogram, tool_command=\"echo after\"]
    start -> fan -> left -> join -> exit
    fan -> right -> after -> join
}";

#[test]
fn lines_and_entries_of_a_branch_say_which() {
    let bench = Bench::new();
    bench.run(BRANCHES, &[]).exits(0).says(&[
        "fan: 2 branches, 4 at a time",
        "(fan/right) right: started (tool)",
        "(fan/right) right -> after",
        "(fan/left) branch left: success",
        "fan => join (branches joined)",
    ]);
    let journal = bench.journal();
    let of_right = journal
        .iter()
        .filter(|entry| entry["branch"] == "fan/right")
        .cloned()
        .collect::<Vec<_>>();
    assert_eq!(names(&of_right).first(), Some(&"parallel_branch_started"));
    assert_eq!(names(&of_right).last(), Some(&"parallel_branch_completed"));
    assert_eq!(bench.log("fan/branch-right/after/stdout.txt"), "after\n");
}

#[test]
fn a_failed_command_fails_the_run_and_says_why() {
    let bench = Bench::new();
    let pipeline = SHELL.replace("cat one.txt", "echo oh no >&2; exit 3");
    let finished = bench.run(&pipeline, &[]).exits(1);
    assert!(
        finished.stdout.contains("run failed"),
        "{}",
        finished.stdout
    );
    assert!(finished.stdout.contains("oh no"), "{}", finished.stdout);
    assert_eq!(names(&bench.journal()).last(), Some(&"run_failed"));
}

#[test]
fn simulation_needs_no_model() {
    let bench = Bench::new();
    let pipeline = AGENT.replace("grep -q hello hello.txt", "true");
    bench.run(&pipeline, &["--simulate"]).exits(0);
    assert_eq!(
        bench.log("work/response.md"),
        "[Simulated] Response for stage: work"
    );
}

#[test]
fn parameters_are_in_the_context() {
    let bench = Bench::new();
    let pipeline = "digraph g { start [shape=Mdiamond]; exit [shape=Msquare]
        gate [shape=diamond]; no [shape=parallelogram, tool_command=\"exit 1\"]
        start -> gate
        gate -> exit [condition=\"context.environment=staging\"]
        gate -> no [condition=\"context.environment!=staging\"]
        no -> exit }";
    bench
        .run(pipeline, &["--param", "environment=staging"])
        .exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_works_on_real_files_over_http() {
    let bench = Bench::new();
    let finished = run_agent(&bench, writes_hello(), &[]).await.exits(0);
    assert_eq!(
        std::fs::read_to_string(bench.work().join("hello.txt")).unwrap(),
        "hello\n"
    );
    assert!(
        bench
            .log("work/prompt.md")
            .contains("Say hello in hello.txt")
    );
    assert_eq!(bench.log("work/response.md"), "I wrote hello.txt.");
    assert!(bench.log("work/status.json").contains("\"success\""));
    assert!(
        finished.stderr.contains("write_file: "),
        "{}",
        finished.stderr
    );
    assert!(
        finished.stdout.contains("2.1k in, 60 out, $0."),
        "{}",
        finished.stdout
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_is_in_no_file_and_no_output() {
    let bench = Bench::new();
    let finished = run_agent(&bench, writes_hello(), &["--json"])
        .await
        .exits(0);
    let mut everything = finished.stdout + &finished.stderr;
    for name in [
        "events.jsonl",
        "checkpoint.json",
        "manifest.json",
        "work/prompt.md",
    ] {
        everything += &bench.log(name);
    }
    assert!(!everything.contains("sk-secret-value"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_pauses_at_its_cost_limit() {
    let bench = Bench::new();
    let finished = run_agent(&bench, writes_hello(), &["--max-cost-usd", "0.000001"])
        .await
        .exits(3);
    assert!(finished.stdout.contains("cost"), "{}", finished.stdout);
    let calls = bench
        .journal()
        .iter()
        .filter(|e| e["event"] == "model_request_started")
        .count();
    assert_eq!(calls, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_model_is_named_and_not_tried_again() {
    let bench = Bench::new();
    let script = Script::new().turn(Turn::api_error(404, "model: claude-none").repeat());
    let more = ["--model", "anthropic/claude-none"];
    let finished = run_agent(&bench, script, &more).await.exits(1);
    assert!(
        finished.stdout.contains("claude-none"),
        "{}",
        finished.stdout
    );
    let calls = bench
        .journal()
        .iter()
        .filter(|e| e["event"] == "model_request_started")
        .count();
    assert_eq!(calls, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_pipeline_script_and_seed_give_the_same_journal_but_for_times() {
    let mut journals = Vec::new();
    for _ in 0..2 {
        let bench = Bench::new();
        run_agent(&bench, writes_hello(), &["--seed", "7"])
            .await
            .exits(0);
        let root = bench.work().display().to_string();
        let entries = bench.journal().into_iter().map(|mut entry| {
            for changing in ["time", "duration_ms", "run_id"] {
                if let Some(fields) = entry.as_object_mut() {
                    fields.remove(changing);
                }
            }
            entry.to_string().replace(&root, "WORK")
        });
        journals.push(entries.collect::<Vec<_>>());
    }
    assert_eq!(journals[0], journals[1]);
    assert!(journals[0].len() > 10);
}

#[test]
fn the_summary_counts_what_changed_in_git() {
    let bench = Bench::new();
    let git = |arguments: &[&str]| {
        let mut command = std::process::Command::new("git");
        command.arg("-C").arg(bench.work()).args(arguments);
        assert!(command.status().unwrap().success());
    };
    git(&["init", "--quiet"]);
    std::fs::write(bench.work().join("one.txt"), "zero\n").unwrap();
    let finished = bench.run(SHELL, &[]).exits(0);
    let wanted = "1 file changed, 1 insertion(+), 1 deletion(-)";
    assert!(finished.stdout.contains(wanted), "{}", finished.stdout);
}

#[test]
fn a_gate_without_an_answer_is_never_a_yes() {
    let bench = Bench::new();
    let pipeline = "digraph g { start [shape=Mdiamond]; exit [shape=Msquare]
        gate [shape=hexagon, label=\"Ship it?\"]
        no [shape=parallelogram, tool_command=\"exit 1\"]
        start -> gate; gate -> exit [label=\"[Y] Yes\"]; gate -> no [label=\"[N] No\"]; no -> exit }";
    bench.run(pipeline, &[]).exits(1).says(&["Ship it?"]);
    let approved = Bench::new();
    approved.run(pipeline, &["--auto-approve"]).exits(0);
}

#[test]
fn a_failed_run_is_tried_again_from_where_it_failed() {
    let bench = Bench::new();
    let pipeline = SHELL
        .replace("echo one >", "echo one >>")
        .replace("cat one.txt", "test -e repaired");
    let failed = bench.run(&pipeline, &[]).exits(1);
    assert!(
        failed.stdout.contains("attractor resume"),
        "{}",
        failed.stdout
    );
    bench.write("repaired", "");
    bench.output(&["resume", text(&bench.logs())]).exits(0);
    let one = std::fs::read_to_string(bench.work().join("one.txt")).unwrap();
    assert_eq!(one, "one\n", "the first command was executed again");
}

#[test]
fn what_a_tool_prints_does_nothing_to_the_terminal() {
    let bench = Bench::new();
    let pipeline = SHELL.replace(
        "cat one.txt",
        "printf 'caf\\\\351 \\\\033[2Jx\\\\ry'; exit 1",
    );
    let finished = bench.run(&pipeline, &[]).exits(1);
    let shown = finished.stdout + &finished.stderr;
    assert!(shown.contains("caf\u{fffd} x"), "{shown}");
    assert!(!shown.contains(['\u{1b}', '\r']), "{shown:?}");
}

#[test]
fn a_run_that_loses_its_directory_says_so() {
    let bench = Bench::new();
    let pipeline = SHELL.replace("cat one.txt", "rm -rf $ATTRACTOR_LOGS_ROOT");
    bench
        .run(&pipeline, &[])
        .exits(1)
        .says(&["the run directory is gone"]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_command_cannot_read_the_environment_of_attractor() {
    use std::os::unix::fs::MetadataExt as _;
    let bench = Bench::new();
    if std::fs::metadata(bench.root()).unwrap().uid() == 0 {
        println!("SKIPPED: root may read every process");
        return;
    }
    let pipeline = SHELL.replace("cat one.txt", "! cat /proc/$PPID/environ");
    bench.run(&pipeline, &[]).exits(0);
}

#[test]
fn a_run_that_leaves_very_many_files_shows_no_false_change() {
    let bench = Bench::new();
    let git = std::process::Command::new("git")
        .args(["init", "--quiet"])
        .current_dir(bench.work())
        .status();
    assert!(git.expect("git runs").success());
    bench.write("untracked", "it was here before\n");
    let pipeline = SHELL.replace("cat one.txt", "seq 3000 | xargs touch");
    let finished = bench.run(&pipeline, &[]).exits(0);
    assert!(
        finished.stdout.contains("not counted"),
        "{}",
        finished.stdout
    );
}

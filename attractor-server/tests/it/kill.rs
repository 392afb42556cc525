//! The process dies after any event of the journal; `attractor resume` ends the run all the same.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use attractor_agent::{AgentBackend, LocalEnvironment};
use attractor_core::engine::{Engine, RunOptions};
use attractor_core::journal::RunDirectory;
use attractor_core::testing::{Crash, CrashAfter};
use attractor_llm::testing::{Script, ScriptedServer};
use attractor_llm::{AnthropicAdapter, Client};
use serde_json::{Value, json};

use crate::harness::{Bench, names, text};

const PIPELINE: &str = include_str!("../../demo/fix-failing-test.dot");
const MODEL: &str = "anthropic/claude-opus-5-5";

/// The variables by which a test process becomes the child that dies.
const DIES_AFTER: &str = "ATTRACTOR_TEST_DIES_AFTER";
const SERVER: &str = "ATTRACTOR_TEST_SERVER";
const BENCH: &str = "ATTRACTOR_TEST_BENCH";

/// The demo's script, at full speed.
fn script() -> Script {
    let mut script = Script::from_json(include_str!("../../demo/script.json")).expect("a script");
    for turn in &mut script.turns {
        turn.delivery = Default::default();
    }
    script
}

/// Puts the demo's files into the working directory.
fn set_up(bench: &Bench) {
    let leap = include_str!("../../demo/repository/leap.sh");
    let tests = include_str!("../../demo/repository/run-tests.sh");
    bench.write("leap.sh", leap);
    bench.write("run-tests.sh", tests);
}

/// A process that runs the pipeline on `bench` and aborts after that many journal entries.
fn die_after(entries: u64, bench: &Bench, server: &ScriptedServer) -> bool {
    let status = Command::new(std::env::current_exe().expect("this program"))
        .args([
            "--exact",
            "kill::as_a_child_the_process_dies_in_its_run",
            "--nocapture",
        ])
        .env(DIES_AFTER, entries.to_string())
        .env(SERVER, server.base_url())
        .env(BENCH, bench.root())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("the child starts");
    status.code().is_none()
}

async fn run_and_die(root: &Path, server: &str, entries: u64) {
    let (work, logs) = (root.join("work"), root.join("run"));
    let adapter = AnthropicAdapter::builder("scripted")
        .base_url(server)
        .build()
        .unwrap();
    let client = Client::builder().provider(adapter).build().unwrap();
    let environment = Arc::new(LocalEnvironment::new(&work).unwrap());
    let backend = AgentBackend::builder(client, environment)
        .default_model(MODEL)
        .build();
    let engine = Engine::builder().backend(Arc::new(backend)).build();
    let pipeline = engine.prepare(PIPELINE).unwrap();
    let directory = Arc::new(RunDirectory::create(&logs).unwrap());
    let journal = Arc::new(CrashAfter::new(directory, entries, Crash::Abort));
    let settings = json!({ "pipeline": "fix.dot", "workdir": work, "model": MODEL });
    let settings = settings.as_object().cloned().unwrap();
    let options = RunOptions::with_journal(journal)
        .workdir(&work)
        .metadata(settings);
    let run = engine.start(&pipeline, options).await.unwrap();
    run.execute().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn as_a_child_the_process_dies_in_its_run() {
    let (Ok(entries), Ok(server), Ok(bench)) = (
        std::env::var(DIES_AFTER),
        std::env::var(SERVER),
        std::env::var(BENCH),
    ) else {
        println!("SKIPPED: only has something to do as a child of the test below");
        return;
    };
    run_and_die(Path::new(&bench), &server, entries.parse().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_any_event_a_run_is_resumed_to_the_same_end() {
    let server = ScriptedServer::start(script()).await.unwrap();
    let straight = Bench::new();
    set_up(&straight);
    assert!(
        !die_after(u64::MAX, &straight, &server),
        "the run ends when nothing kills it"
    );
    let fixed = std::fs::read_to_string(straight.work().join("leap.sh")).unwrap();
    let length = straight.journal().len();
    assert!(length > 40, "{length} events");

    for entries in 1..length {
        let bench = Bench::new();
        set_up(&bench);
        assert!(
            die_after(entries as u64, &bench, &server),
            "killed after event {entries}"
        );
        let before = bench.journal();
        assert_eq!(before.len(), entries);

        resume(&bench, &server).await;

        let after = bench.journal();
        assert_eq!(after[..entries], before[..], "killed after event {entries}");
        assert_eq!(
            names(&after).last(),
            Some(&"run_completed"),
            "killed after event {entries}"
        );
        assert_eq!(
            executed_again(&after),
            BTreeSet::new(),
            "killed after event {entries}"
        );
        assert_eq!(
            std::fs::read_to_string(bench.work().join("leap.sh")).unwrap(),
            fixed
        );
        for file in [
            "fix/prompt.md",
            "fix/response.md",
            "fix/status.json",
            "run_tests/status.json",
        ] {
            assert!(
                !bench.log(file).is_empty(),
                "killed after event {entries}: {file}"
            );
        }
    }
    assert_eq!(server.unmatched(), Vec::<String>::new());
}

async fn resume(bench: &Bench, server: &ScriptedServer) {
    let logs = bench.logs();
    bench
        .with_model(server, &["resume", text(&logs)])
        .await
        .exits(0);
}

/// Visits that were started again after they had ended.
fn executed_again(journal: &[Value]) -> BTreeSet<u64> {
    let mut ended = BTreeSet::new();
    let mut again = BTreeSet::new();
    for entry in journal {
        let Some(index) = entry["index"].as_u64() else {
            continue;
        };
        match entry["event"].as_str() {
            Some("stage_completed") => {
                ended.insert(index);
            }
            Some("stage_failed") if entry["will_retry"] == false => {
                ended.insert(index);
            }
            Some("stage_started") if ended.contains(&index) => {
                again.insert(index);
            }
            _ => {}
        }
    }
    again
}

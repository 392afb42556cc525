//! Runs from the request that creates them to what they leave.

use std::time::Instant;

use attractor_llm::testing::{Match, Script, ScriptedServer, Turn};
use serde_json::{Value, json};

use crate::plant::{GATE, PLAN, Plant, SLOW, TASK, WORK, kinds};
use crate::process::is_alive;
use crate::repository::{self, git};

#[tokio::test]
async fn a_plan_becomes_a_bundle_the_bundle_a_branch_and_a_task_a_report() {
    let plant = Plant::start(&[]).await;
    let planning = plant.task_with(PLAN, json!({"runType": "planning"})).await;
    let (planned, events) = plant.success_of(&planning).await;
    let kinds = kinds(&events);
    let begin = [
        "RunQueued",
        "RunDispatched",
        "RunStarted",
        "EngineRunStarted",
    ];
    assert_eq!(kinds[..4], begin);
    assert_eq!(kinds.last(), Some(&"RunCompleted"));
    let path = format!("/api/projects/{}/bundles", plant.project);
    let bundles = plant.server.read(&path).await;
    let bundle = &bundles["bundles"][0]["id"];
    assert_eq!(bundle, &planned["specBundleId"]);
    assert!(bundle.is_string(), "{bundles}");

    let about = json!({"runType": "implementation", "specBundleId": bundle});
    let implementation = plant.task_with(WORK, about).await;
    plant.success_of(&implementation).await;
    let origin = plant.origin();
    let work = git(&origin, &["show", "attractor/work:work.txt"]);
    assert_eq!(work, "# Plan");
    let main = git(&origin, &["ls-tree", "--name-only", "main"]);
    assert_eq!(main, "README.md");
    let note = plant
        .artifact(&implementation, "implementation-note.md")
        .await;
    assert_eq!(note, "# Done\n");

    let task = plant.task(TASK).await;
    plant.success_of(&task).await;
    assert_eq!(plant.artifact(&task, "report.md").await, "fine\n");
}

const ASKS: &str = r#"digraph asks {
    start [shape=Mdiamond]; done [shape=Msquare]
    ask [prompt="Say something"]
    note [shape=parallelogram, tool_command="echo fine >.attractor/out/note.md"]
    start -> ask -> note -> done
}"#;

#[tokio::test]
async fn a_server_that_simulates_asks_no_model() {
    let plant = Plant::start(&["--simulate"]).await;
    let run = plant.task(ASKS).await;
    plant.success_of(&run).await;
}

#[tokio::test]
async fn a_model_is_asked_with_the_projects_key_which_nothing_shows() {
    let answer = "Here is sk-of-the-project for you";
    let everything = Turn::text(answer).when(Match::any()).repeat();
    let model = ScriptedServer::start(Script::new().turn(everything))
        .await
        .unwrap();
    let plant = Plant::start(&[]).await;
    let without = plant.task(ASKS).await;
    let (failed, _) = plant.end_of(&without).await;
    assert!(
        failed["error"].as_str().unwrap().contains("secrets"),
        "{failed}"
    );

    let secret = json!({
        "name": "model", "provider": "openai",
        "keyMappings": {"apiKey": "key", "baseUrl": "url"},
        "values": {"key": "sk-of-the-project", "url": model.base_url()},
    });
    let path = format!("/api/projects/{}/secrets", plant.project);
    plant.server.post(&path, &secret).await.is(201);
    let more = json!({"modelConfig": {"provider": "openai", "modelId": "gpt-5.2"}});
    let run = plant.task_with(&format!("{ASKS} "), more).await;
    let (ended, _) = plant.success_of(&run).await;
    assert_eq!(model.unmatched(), Vec::<String>::new());
    let history = plant.server.read(&format!("/api/runs/{run}/history")).await;
    let shown = "[secret OPENAI_API_KEY]";
    assert!(history.to_string().contains(shown), "{history}");
    let report = plant.artifact(&run, "task-report.md").await;
    assert!(report.contains(shown), "{report}");
    let all = format!("{history}{ended}{}", plant.said());
    assert!(!all.contains("sk-of-the-project"), "{all}");
}

#[tokio::test]
async fn a_run_is_cancelled_when_its_processes_are_gone() {
    let plant = Plant::start(&[]).await;
    let run = plant.task(SLOW).await;
    let pid = plant.waiting(&run).await;
    let asked = Instant::now();
    let path = format!("/api/runs/{run}/cancel");
    let told = plant.server.act(&path).await;
    assert!([200, 202].contains(&told.status), "{told:?}");
    let (ended, events) = plant.end_of(&run).await;
    println!("cancelled after {:?}", asked.elapsed());
    assert!(!is_alive(pid), "{}", plant.said());
    assert_eq!(ended["status"], "CANCELED");
    let kinds = kinds(&events);
    assert_eq!(kinds.last(), Some(&"RunCanceled"));
    assert!(kinds.contains(&"RunStopRequested"), "{kinds:?}");
    assert_eq!(
        plant.server.act(&path).await.is(409).json()["code"],
        "run_status"
    );
    let place = format!("/api/runs/{run}");
    plant.server.call("DELETE", &place, None).await.is(204);
    assert!(
        !plant.server.directory(&run).exists(),
        "a deleted run leaves nothing"
    );
}

#[tokio::test]
async fn a_paused_run_goes_on_where_it_stopped() {
    let plant = Plant::start(&[]).await;
    let run = plant.task(SLOW).await;
    plant.waiting(&run).await;
    let post = |what: &str| format!("/api/runs/{run}/{what}");
    plant.server.act(&post("pause")).await.is(202);
    plant.until(&run, "RunPaused").await;
    assert_eq!(plant.server.run(&run).await["status"], "PAUSED");
    plant.server.act(&post("resume")).await.is(200);
    plant.go(&run);
    let (ended, events) = plant.success_of(&run).await;
    assert_eq!(ended["attempt"], 2);
    assert!(kinds(&events).contains(&"RunResumed"), "{events:?}");
    assert_eq!(plant.artifact(&run, "report.md").await, "first\nlast\n");
}

#[tokio::test]
async fn a_pipeline_of_the_repository_is_drawn_and_explained_though_it_has_moved_on() {
    let plant = Plant::start(&[]).await;
    let origin = plant.origin();
    let commit = |text: &str| {
        std::fs::write(origin.join("pipeline.dot"), text).unwrap();
        repository::commit(&origin, "Pipeline");
    };
    commit(TASK);
    let run = plant.task("").await;
    plant.success_of(&run).await;
    commit("digraph other {}");
    let at = |run: &str, what: &str| format!("/api/runs/{run}/{what}");
    let shown = plant.server.read(&format!("/api/runs/{run}")).await;
    assert!(shown["attractorSha256"].is_string(), "{shown}");
    let explained = plant.server.read(&at(&run, "explain")).await;
    assert_eq!(explained["hops"][0]["from"], "start", "{explained}");
    // Repeated is what was executed.
    let again = plant.server.post(&at(&run, "rerun"), &json!({})).await;
    let again = again.is(201).json()["runId"].as_str().unwrap().to_owned();
    plant.success_of(&again).await;
    for run in [run, again] {
        let path = at(&run, "graph");
        let picture = plant.server.call("GET", &path, None).await.is(200).body;
        assert!(picture.contains("look"), "{picture}");
    }
}

#[tokio::test]
async fn a_run_is_repeated_from_a_node() {
    let plant = Plant::start(&[]).await;
    let pipeline = SLOW.replace(
        "while [ -e PID ] && ! [ -e GO ]; do sleep 0.1; done",
        "true",
    );
    let run = plant.task(&pipeline).await;
    plant.success_of(&run).await;
    let path = format!("/api/runs/{run}/rerun");
    let again = plant.server.post(&path, &json!({"node": "last"})).await;
    let again = again.is(201).json()["runId"].as_str().unwrap().to_owned();
    let (repeated, _) = plant.success_of(&again).await;
    assert_eq!(repeated["rerunOf"], json!(run));
    let explained = plant
        .server
        .read(&format!("/api/runs/{again}/explain"))
        .await;
    assert!(explained.to_string().contains("last"), "{explained}");
    let picture = plant
        .server
        .call("GET", &format!("/api/runs/{again}/graph"), None)
        .await;
    assert!(picture.is(200).body.contains("<svg"));
}

#[tokio::test]
async fn a_run_waits_for_a_person() {
    let plant = Plant::start(&[]).await;
    let run = plant.task(GATE).await;
    let asked = plant.until(&run, "HumanQuestionPending").await;
    assert_eq!(asked["payload"]["prompt"], "Ship it?");
    let waiting = plant.server.read("/api/questions").await;
    let id = waiting["questions"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/runs/{run}/questions/{id}/answer");
    let answered = plant.server.post(&path, &json!({"answer": "N"})).await;
    assert_eq!(answered.is(200).json()["question"]["status"], "ANSWERED");
    plant.success_of(&run).await;
    assert_eq!(plant.artifact(&run, "answer.txt").await, "no\n");
    let path = format!("/api/runs/{run}/questions");
    let questions: Value = plant.server.read(&path).await;
    assert_eq!(questions["questions"][0]["answeredBy"], "admin");
}

//! The factory's own pipeline, as `scripts/bootstrap-self` starts it.

use std::path::Path;
use std::process::Command;

use attractor_llm::testing::{Script, ScriptedServer};
use serde_json::Value;

use crate::harness::Finished;
use crate::plant::Plant;
use crate::repository::{commit, git};

const PIPELINE: &str = include_str!("../../../../factory/self-bootstrap.dot");
const MODEL: &str = include_str!("../../../../examples/models/self-bootstrap.json");

fn is_there(tool: &str) -> bool {
    Command::new(tool).arg("--version").output().is_ok()
}

/// Runs the script on a plant's server and repository; the last of what it prints, as JSON.
fn bootstrap(plant: &Plant, model: &ScriptedServer, more: &[(&str, &str)]) -> (Finished, Value) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/bootstrap-self");
    let output = Command::new(script)
        .env_remove("ATTRACTOR_SERVER")
        .env("API_BASE_URL", format!("http://{}", plant.server.address))
        .env("ATTRACTOR_TOKEN", plant.server.token())
        .env("REPO_FULL_NAME", plant.origin())
        .env("MODEL_PROVIDER", "openai")
        .env("MODEL_ID", "gpt-5.2")
        .env("OPENAI_API_KEY", "sk-of-the-user")
        .env("OPENAI_BASE_URL", model.base_url())
        .env("WAIT", "1")
        .envs(more.iter().copied())
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout.clone()).unwrap();
    let values = serde_json::Deserializer::from_str(&printed).into_iter::<Value>();
    let last = values.last().and_then(Result::ok).unwrap_or_default();
    (Finished::of(output), last)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_factory_plans_and_implements_a_change_of_itself() {
    if !is_there("curl") || !is_there("jq") {
        println!("SKIPPED: scripts/bootstrap-self needs curl and jq");
        return;
    }
    let model = ScriptedServer::start(Script::from_json(MODEL).unwrap());
    let model = model.await.unwrap();
    let plant = Plant::start(&[]).await;
    let origin = plant.origin();
    std::fs::create_dir(origin.join("factory")).unwrap();
    std::fs::write(origin.join("factory/self-bootstrap.dot"), PIPELINE).unwrap();
    commit(&origin, "Factory");

    let (finished, planned) = bootstrap(&plant, &model, &[]);
    finished.exits(0).says(&["OPENAI_API_KEY is a secret"]);
    assert_eq!(planned["status"], "SUCCEEDED");
    let bundle = planned["specBundleId"].as_str().unwrap();

    let about = [("RUN_TYPE", "implementation"), ("SPEC_BUNDLE_ID", bundle)];
    let (finished, _) = bootstrap(&plant, &model, &about);
    finished.exits(0);
    let notes = git(&origin, &["show", "attractor/self-factory:NOTES.md"]);
    assert_eq!(notes, "A repository that a factory works on.");
    assert_eq!(model.unmatched(), Vec::<String>::new());
    // The second time brought the project up to date and made none.
    let projects = plant.server.read("/api/projects").await;
    assert_eq!(
        projects["projects"].as_array().unwrap().len(),
        2,
        "{projects}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_script_lacks_is_said() {
    if !is_there("curl") || !is_there("jq") {
        println!("SKIPPED: scripts/bootstrap-self needs curl and jq");
        return;
    }
    let model = ScriptedServer::start(Script::new()).await.unwrap();
    let plant = Plant::start(&[]).await;
    let table = [
        (("REPO_FULL_NAME", ""), "REPO_FULL_NAME is missing"),
        (("ATTRACTOR_TOKEN", "att_wrong"), "401"),
        (
            ("API_BASE_URL", "http://127.0.0.1:1"),
            "is attractor serve running",
        ),
        (("API_BASE_URL", "http://127.0.0.1:1/x"), "doesn't answer"),
        (("DEFAULT_BRANCH", "a..b"), "400"),
    ];
    for (variable, says) in table {
        let (finished, _) = bootstrap(&plant, &model, &[variable]);
        finished.exits(2).says(&[says]);
    }
}

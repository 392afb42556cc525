//! The key that secrets are sealed with: in a file, in the environment, exchanged.

use std::path::Path;

use attractor_llm::testing::{Match, Script, ScriptedServer, Turn};
use serde_json::json;

use crate::harness::Finished;
use crate::plant::{Plant, TASK};

async fn keep(plant: &Plant) {
    let secret = json!({
        "name": "deploy", "provider": "__arbitrary__",
        "keyMappings": {"DEPLOY_KEY": "key"}, "values": {"key": "123456789"},
    });
    let path = format!("/api/projects/{}/secrets", plant.project);
    plant.server.post(&path, &secret).await.is(201);
}

fn rotate(plant: &Plant, data: &Path) -> Finished {
    let place = data.to_str().unwrap();
    plant
        .bench
        .output(&["secret", "rotate-key", "--data-dir", place])
}

#[tokio::test]
async fn the_key_is_exchanged_and_runs_have_their_secrets_still() {
    let mut plant = Plant::start(&[]).await;
    let data = plant.bench.root().join("data");
    keep(&plant).await;
    let busy = rotate(&plant, &data);
    busy.exits(2).says(&["another server uses the directory"]);
    plant.server.kill();
    let before = std::fs::read_to_string(data.join("secrets.key")).unwrap();
    let done = rotate(&plant, &data).exits(0);
    assert!(
        done.stdout.starts_with("sealed 1 secret with the key "),
        "{}",
        done.stdout
    );
    let after = std::fs::read_to_string(data.join("secrets.key")).unwrap();
    let keys = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.map(str::to_owned).collect()
    };
    let (before, after) = (keys(&before), keys(&after));
    assert_eq!((before.len(), after.len()), (1, 1));
    assert_ne!(before, after);
    plant.server.start_again();
    // A run whose project's secrets can't be opened isn't begun.
    let run = plant.task(TASK).await;
    plant.success_of(&run).await;
}

#[tokio::test]
async fn a_server_without_its_key_says_so_and_does_not_start() {
    let mut plant = Plant::start(&[]).await;
    let data = plant.bench.root().join("data");
    keep(&plant).await;
    plant.server.kill();
    let key = std::fs::read_to_string(data.join("secrets.key")).unwrap();
    let key = key.lines().find(|line| !line.starts_with('#')).unwrap();
    let key = key.split_whitespace().next().unwrap().to_owned();
    std::fs::remove_file(data.join("secrets.key")).unwrap();
    let place = data.to_str().unwrap();
    let serve = ["serve", "--listen", "127.0.0.1:0", "--data-dir", place];
    let refused = plant.bench.output(&serve);
    refused.exits(2).says(&["\"deploy\"", "which isn't there"]);
    std::fs::remove_file(data.join("secrets.key")).unwrap();
    // The key in the environment is as good as the one in the file, and makes none.
    let variable = format!("ATTRACTOR_SECRET_KEY={key}");
    let program = plant.bench.attractor(&[]);
    let mut command = std::process::Command::new("env");
    command.arg(variable).arg(program.get_program());
    command.args(["secret", "rotate-key", "--data-dir", place]);
    let one = Finished::of(command.output().unwrap());
    one.exits(2).says(&["put a new key before it"]);
    assert!(!data.join("secrets.key").exists());
}

const DEPLOYS: &str = r#"digraph deploys {
    start [shape=Mdiamond]; done [shape=Msquare]
    tool [shape=parallelogram, tool_command="echo \"tool $DEPLOY_TOKEN $OPENAI_API_KEY.\"; printenv >.attractor/out/env.txt"]
    agent [prompt="Deploy it"]
    start -> tool -> agent -> done
}"#;

#[tokio::test]
async fn commands_are_given_the_variables_that_were_stored_for_them_and_no_models_key() {
    let command = json!({ "command": "echo \"agent $DEPLOY_TOKEN $OPENAI_API_KEY.\"" });
    let first = Turn::tool_call("shell", command).when(Match::any().tool_results(0));
    let last = Turn::text("Done with t0p-secret").when(Match::any().tool_results(1));
    let script = Script::new().turn(first).turn(last);
    let model = ScriptedServer::start(script).await.unwrap();
    let plant = Plant::start(&[]).await;
    let path = format!("/api/projects/{}/secrets", plant.project);
    for (name, provider, mapping, values) in [
        (
            "model",
            "openai",
            json!({"apiKey": "key", "baseUrl": "url"}),
            json!({"key": "sk-of-the-project", "url": model.base_url()}),
        ),
        (
            "deploy",
            "__arbitrary__",
            json!({"DEPLOY_TOKEN": "token"}),
            json!({"token": "t0p-secret"}),
        ),
    ] {
        let secret = json!({
            "name": name, "provider": provider, "keyMappings": mapping, "values": values,
        });
        plant.server.post(&path, &secret).await.is(201);
    }
    let settings = json!({
        "provider": "openai", "modelId": "gpt-5.2", "temperature": 0.3, "maxTokens": 4321,
    });
    let more = json!({ "modelConfig": settings });
    let run = plant.task_with(DEPLOYS, more).await;
    let (ended, _) = plant.success_of(&run).await;
    // The agent's shell has it, and the model is shown what that has printed.
    let requests = model.requests();
    let shown = requests.last().unwrap().body.to_string();
    assert!(shown.contains("agent t0p-secret ."), "{shown}");
    let history = plant.server.read(&format!("/api/runs/{run}/history")).await;
    let history = history.to_string();
    assert!(
        history.contains("tool [secret DEPLOY_TOKEN] ."),
        "{history}"
    );
    let report = plant.artifact(&run, "task-report.md").await;
    assert_eq!(report, "Done with [secret DEPLOY_TOKEN]");
    let variables = plant.artifact(&run, "env.txt").await;
    assert!(variables.contains("DEPLOY_TOKEN=[secret DEPLOY_TOKEN]"));
    assert!(!variables.contains("OPENAI_API_KEY"), "{variables}");
    let log = plant.said();
    let all = format!("{history}{ended}{report}{variables}{log}");
    for value in ["t0p-secret", "sk-of-the-project"] {
        assert!(!all.contains(value), "{value}: {all}");
    }
    // What the run's model is to be asked with.
    for request in &requests {
        assert_eq!(request.body["max_output_tokens"], 4321, "{}", request.body);
    }
}

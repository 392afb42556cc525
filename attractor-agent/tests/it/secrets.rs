//! The shell of agents and the tools of pipelines agree on which variables are secrets.

use std::{
    collections::BTreeSet, io::Write as _, path::Path, process::Command, sync::Arc, time::Duration,
};

use attractor_agent::{CommandExecution as _, ExecCommand, LocalEnvironment};
use attractor_core::{Engine, RunOptions, RunStatus};

const BEGIN: &str = "-----begin";

/// The endings that one crate's source lists.
fn suffixes(file: &str) -> Option<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let source = std::fs::read_to_string(path).ok()?;
    let (_, list) = source.split_once("const SECRET_SUFFIXES")?;
    let (list, _) = list.split_once("];")?;
    Some(
        list.split('"')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect(),
    )
}

/// Run once for each crate, in a process that has the variables.
#[test]
fn both_withhold_the_same_variables() {
    let agent = suffixes("src/environment/local/env_filter.rs").unwrap();
    let Some(core) = suffixes("../attractor-core/src/handler/tool/environment.rs") else {
        writeln!(
            std::io::stdout(),
            "SKIPPED: the sources of attractor-core aren't beside those of this crate"
        )
        .unwrap();
        return;
    };
    assert_eq!(agent, core);
    let names = agent.iter().flat_map(|suffix| {
        [
            suffix.clone(),
            format!("X_{suffix}"),
            format!("x_{}", suffix.to_lowercase()),
        ]
    });
    let names: BTreeSet<String> = names.collect();
    for printer in [
        "secrets::print_what_the_shell_sees",
        "secrets::print_what_a_tool_sees",
    ] {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", printer, "--nocapture"])
            .envs(names.iter().map(|name| (name, "leak")))
            .envs([("MY_SECRET_TOKEN", "leak"), ("FOO_API_KEY", "leak")])
            .envs([("CARGO_HOME", "/kept"), ("TOKENIZER", "kept")])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let seen = text.split(BEGIN).nth(1).unwrap();
        assert!(!seen.contains("leak"), "{printer}: {seen}");
        for kept in ["\nPATH=", "\nCARGO_HOME=/kept", "\nTOKENIZER=kept"] {
            assert!(
                seen.contains(kept),
                "{printer}: {kept} is missing in {seen}"
            );
        }
    }
}

#[tokio::test]
async fn print_what_the_shell_sees() {
    let environment = LocalEnvironment::new("/").unwrap();
    let command = ExecCommand::new("env", Duration::from_secs(20));
    let result = environment.exec_command(command).await.unwrap();
    writeln!(std::io::stdout(), "{BEGIN}\n{}", result.stdout.text()).unwrap();
}

#[tokio::test]
async fn print_what_a_tool_sees() {
    let directory = tempfile::TempDir::new().unwrap();
    let source = r#"digraph t {
        start [shape=Mdiamond]
        exit [shape=Msquare]
        look [shape=parallelogram, tool_command="env > seen"]
        start -> look -> exit
    }"#;
    let engine = Arc::new(Engine::builder().build());
    let pipeline = engine.prepare(source).unwrap();
    let options = RunOptions::new(directory.path().join("run")).workdir(directory.path());
    let run = engine.start(&pipeline, options).await.unwrap();
    let report = run.execute().await.unwrap();
    assert_eq!(report.status, RunStatus::Success, "{:?}", report.reason);
    let seen = std::fs::read_to_string(directory.path().join("seen")).unwrap();
    writeln!(std::io::stdout(), "{BEGIN}\n{seen}").unwrap();
}

//! A server with a project on a repository of this machine.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;

use super::served::{Served, end_runners};
use crate::harness::Bench;

/// Longer than any run here takes on a machine that does something else, too.
const PATIENCE: Duration = Duration::from_secs(120);

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

/// The model that no stage asks.
fn model() -> Value {
    json!({"provider": "anthropic", "modelId": "claude-sonnet-4-5"})
}

#[derive(Debug)]
pub(crate) struct Plant {
    pub(crate) bench: Bench,
    pub(crate) server: Served,
    pub(crate) project: String,
}

impl Plant {
    /// A server that is given these arguments, a repository and a project on it.
    pub(crate) async fn start(more: &[&str]) -> Self {
        let bench = Bench::new();
        let origin = bench.root().join("origin");
        std::fs::create_dir(&origin).unwrap();
        std::fs::write(origin.join("README.md"), "# Example\n").unwrap();
        git(&origin, &["init", "--quiet", "--initial-branch=main"]);
        git(&origin, &["add", "."]);
        git(&origin, &["commit", "--quiet", "--message=Begin"]);
        let server = Served::start(&bench, &data(&bench), &arguments(&bench, more));
        let created = server
            .post("/api/projects", &json!({"name": "Plant"}))
            .await;
        let project = created.is(201).json()["id"].as_str().unwrap().to_owned();
        let about = json!({"repository": origin, "defaultBranch": "main"});
        let path = format!("/api/projects/{project}");
        server.call("PATCH", &path, Some(&about)).await.is(200);
        Self {
            bench,
            server,
            project,
        }
    }

    /// Kills the server and starts another one at the same place.
    pub(crate) fn restart(&mut self, more: &[&str]) {
        self.server.kill();
        let more = arguments(&self.bench, more);
        self.server = self.server.again(&self.bench, &more);
    }

    /// Kills what executes runs.
    pub(crate) fn kill_runners(&self) {
        end_runners(&data(&self.bench));
    }

    pub(crate) fn origin(&self) -> PathBuf {
        self.bench.root().join("origin")
    }

    /// Where a run's processes work.
    pub(crate) fn directory(&self, run: &str) -> PathBuf {
        data(&self.bench).join("runs").join(run)
    }

    /// A new attractor's id.
    pub(crate) async fn attractor(&self, name: &str, content: &str) -> String {
        let body = json!({
            "name": name, "repoPath": "pipeline.dot", "defaultRunType": "task", "content": content,
        });
        let path = format!("/api/projects/{}/attractors", self.project);
        let created = self.server.post(&path, &body).await.is(201).json();
        created["id"].as_str().unwrap().to_owned()
    }

    /// Begins a run of a pipeline; `more` are further fields.
    pub(crate) async fn begin(&self, run_type: &str, content: &str, more: Value) -> String {
        let name = format!("{run_type} {}", content.len());
        let attractor = self.attractor(&name, content).await;
        let mut body = json!({
            "projectId": self.project, "attractorDefId": attractor, "runType": run_type,
            "sourceBranch": "main", "targetBranch": "attractor/work", "modelConfig": model(),
        });
        for (field, value) in more.as_object().unwrap() {
            body[field] = value.clone();
        }
        let queued = self.server.post("/api/runs", &body).await.is(201).json();
        assert_eq!(queued["status"], "QUEUED");
        queued["runId"].as_str().unwrap().to_owned()
    }

    /// Watches a run to its end: the run, and the types of its events.
    pub(crate) async fn end_of(&self, run: &str) -> (Value, Vec<String>) {
        let events = self.server.events(run, 0).await;
        let Ok(events) = timeout(PATIENCE, events.rest()).await else {
            panic!("{}", self.log(run));
        };
        let last = events.last().unwrap();
        assert_eq!(last.event, "end", "{events:?}");
        let stored = events.iter().filter(|it| it.event == "message");
        let ids: Vec<_> = stored.clone().map(|it| it.id.unwrap()).collect();
        let count = u64::try_from(ids.len()).unwrap();
        assert_eq!(ids, (1..=count).collect::<Vec<_>>(), "each once, in order");
        let kinds = stored.map(|it| it.data["type"].as_str().unwrap().to_owned());
        let run = self.server.read(&format!("/api/runs/{run}")).await;
        assert_eq!(run["status"], last.data["status"]);
        (run, kinds.collect())
    }

    /// The same for a run that is to succeed.
    pub(crate) async fn success_of(&self, run: &str) -> (Value, Vec<String>) {
        let (ended, kinds) = self.end_of(run).await;
        assert_eq!(ended["status"], "SUCCEEDED", "{ended}\n{}", self.log(run));
        (ended, kinds)
    }

    /// What its runners have said.
    pub(crate) fn log(&self, run: &str) -> String {
        let attempts = std::fs::read_dir(self.directory(run).join("attempts"));
        let files = attempts.into_iter().flatten().flatten();
        let logs = files.filter(|it| it.path().extension().is_some_and(|it| it == "log"));
        logs.map(|it| std::fs::read_to_string(it.path()).unwrap_or_default())
            .collect()
    }

    /// An artifact's text.
    pub(crate) async fn artifact(&self, run: &str, key: &str) -> String {
        let path = format!("/api/runs/{run}/artifacts");
        let list = self.server.read(&path).await;
        let artifacts = list["artifacts"].as_array().unwrap();
        let artifact = artifacts.iter().find(|it| it["key"] == key);
        let artifact = artifact.unwrap_or_else(|| panic!("no {key} in {list}"));
        let path = format!("{path}/{}/download", artifact["id"].as_str().unwrap());
        self.server.call("GET", &path, None).await.is(200).body
    }

    /// Waits until the run's stage that waits does so: its process.
    pub(crate) async fn waiting(&self, run: &str) -> i32 {
        let path = self.clone_of(run).join("PID");
        let mut look = tokio::time::interval(Duration::from_millis(20));
        let pid = timeout(PATIENCE, async {
            loop {
                look.tick().await;
                let text = std::fs::read_to_string(&path).unwrap_or_default();
                if let (true, Ok(pid)) = (text.ends_with('\n'), text.trim().parse()) {
                    return pid;
                }
            }
        });
        pid.await.unwrap_or_else(|_| panic!("{}", self.log(run)))
    }

    /// Lets the stage that waits go on.
    pub(crate) fn go(&self, run: &str) {
        std::fs::write(self.clone_of(run).join("GO"), "").unwrap();
    }

    fn clone_of(&self, run: &str) -> PathBuf {
        self.directory(run).join("repository")
    }
}

impl Drop for Plant {
    fn drop(&mut self) {
        self.server.kill();
        self.kill_runners();
    }
}

fn data(bench: &Bench) -> PathBuf {
    bench.root().join("data")
}

fn arguments<'a>(bench: &'a Bench, more: &[&'a str]) -> Vec<&'a str> {
    let mut all = vec!["--repository-root", bench.root().to_str().unwrap()];
    all.extend(more);
    all
}

/// What git says.
pub(crate) fn git(directory: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.current_dir(directory).args(arguments);
    for (name, value) in [
        ("GIT_AUTHOR_NAME", "A"),
        ("GIT_AUTHOR_EMAIL", "a@example.com"),
        ("GIT_COMMITTER_NAME", "A"),
        ("GIT_COMMITTER_EMAIL", "a@example.com"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
    ] {
        command.env(name, value);
    }
    let output = command.output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {words}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

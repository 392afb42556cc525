//! A server with a project on a repository of this machine, and runs of it.

mod pipelines;
mod port;
mod served;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::time::timeout;

pub(crate) use self::pipelines::{GATE, PLAN, SLOW, TASK, WORK};
pub(crate) use self::port::Port;
pub(crate) use self::served::Served;
use crate::harness::Bench;
use crate::http::client::Event;
use crate::process::kill;
use crate::repository;

/// Longer than any run here takes on a machine that does something else, too.
pub(crate) const PATIENCE: Duration = Duration::from_secs(150);

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
        let server = Self::serve(&bench, "data", more, None);
        Self::with(bench, server).await
    }

    /// A server that may use the repositories of the bench, in a directory of this name.
    pub(crate) fn serve(
        bench: &Bench,
        name: &str,
        more: &[&str],
        programs: Option<&Path>,
    ) -> Served {
        let mut arguments = vec!["--repository-root", bench.root().to_str().unwrap()];
        arguments.extend(more);
        Served::with_programs(bench, &bench.root().join(name), &arguments, programs)
    }

    /// A repository and a project on it.
    pub(crate) async fn with(bench: Bench, server: Served) -> Self {
        let origin = bench.root().join("origin");
        repository::begin(&origin, &[("README.md", "# Example\n")]);
        let new = json!({"name": "Plant"});
        let created = server.post("/api/projects", &new).await.is(201).json();
        let project = created["id"].as_str().unwrap().to_owned();
        let about = json!({"repository": origin, "defaultBranch": "main", "concurrencyLimit": 20});
        let path = format!("/api/projects/{project}");
        server.call("PATCH", &path, Some(&about)).await.is(200);
        Self {
            bench,
            server,
            project,
        }
    }

    /// Kills the server and starts it again.
    pub(crate) fn restart(&mut self) {
        self.server.kill();
        self.server.start_again();
    }

    pub(crate) fn origin(&self) -> PathBuf {
        self.bench.root().join("origin")
    }

    /// A new attractor's id; one without content lies in the repository.
    pub(crate) async fn attractor(&self, name: &str, content: &str) -> String {
        let content = Some(content).filter(|it| !it.is_empty());
        let body = json!({
            "name": name, "repoPath": "pipeline.dot", "defaultRunType": "task", "content": content,
        });
        let path = format!("/api/projects/{}/attractors", self.project);
        let created = self.server.post(&path, &body).await.is(201).json();
        created["id"].as_str().unwrap().to_owned()
    }

    /// Begins a task run of an attractor; `more` are further fields.
    pub(crate) async fn begin(&self, attractor: &str, more: Value) -> String {
        let mut body = json!({
            "projectId": self.project, "attractorDefId": attractor, "runType": "task",
            "sourceBranch": "main", "targetBranch": "attractor/work",
            "modelConfig": {"provider": "anthropic", "modelId": "claude-sonnet-4-5"},
        });
        for (field, value) in more.as_object().unwrap() {
            body[field] = value.clone();
        }
        let queued = self.server.post("/api/runs", &body).await.is(201).json();
        assert_eq!(queued["status"], "QUEUED");
        queued["runId"].as_str().unwrap().to_owned()
    }

    /// Begins a task run of a pipeline.
    pub(crate) async fn task(&self, content: &str) -> String {
        self.task_with(content, json!({})).await
    }

    /// Begins a task run of a pipeline; `more` are further fields.
    pub(crate) async fn task_with(&self, content: &str, more: Value) -> String {
        let name = format!("pipeline {}", content.len());
        let attractor = self.attractor(&name, content).await;
        self.begin(&attractor, more).await
    }

    /// A bundle that implementation runs work from.
    pub(crate) async fn bundle(&self) -> String {
        let run = self.task_with(PLAN, json!({"runType": "planning"})).await;
        let (run, _) = self.success_of(&run).await;
        run["specBundleId"].as_str().unwrap().to_owned()
    }

    /// Watches a run to its end: the run, and its stored events, each once and in order.
    pub(crate) async fn end_of(&self, id: &str) -> (Value, Vec<Event>) {
        let events = self.server.events(id).await;
        let Ok(mut events) = timeout(PATIENCE, events.rest()).await else {
            panic!("{}", self.said());
        };
        let last = events.last().unwrap().clone();
        assert_eq!(last.event, "end", "{events:?}");
        events.retain(|event| event.event == "message");
        let ids: Vec<_> = events.iter().map(|it| it.id.unwrap()).collect();
        let count = u64::try_from(ids.len()).unwrap();
        assert_eq!(ids, (1..=count).collect::<Vec<_>>(), "each once, in order");
        let run = self.server.run(id).await;
        assert_eq!(run["status"], last.data["status"]);
        (run, events)
    }

    /// The same for a run that is to succeed.
    pub(crate) async fn success_of(&self, id: &str) -> (Value, Vec<Event>) {
        let (run, events) = self.end_of(id).await;
        let told: Vec<_> = events.iter().map(|it| it.data.to_string()).collect();
        let said = self.said();
        assert_eq!(run["status"], "SUCCEEDED", "{run}\n{told:#?}\n{said}");
        (run, events)
    }

    /// Waits until an event of a type is told: the event.
    pub(crate) async fn until(&self, id: &str, kind: &str) -> Value {
        let mut events = self.server.events(id).await;
        let waiting = async {
            while let Some(event) = events.next().await {
                if event.data["type"] == kind {
                    return event.data;
                }
            }
            panic!("{id} has ended without {kind}");
        };
        let waited = timeout(PATIENCE, waiting).await;
        waited.unwrap_or_else(|_| panic!("{}", self.said()))
    }

    /// What servers and runners have said.
    pub(crate) fn said(&self) -> String {
        let mut said = String::new();
        for place in entries(self.bench.root()) {
            said += &text_of(&place);
            for run in entries(&place.join("runs")) {
                for attempt in entries(&run.join("attempts")) {
                    said += &text_of(&attempt);
                }
            }
        }
        said
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

    /// Waits until the stage of `SLOW` that waits does so: its process.
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
        pid.await.unwrap_or_else(|_| panic!("{}", self.said()))
    }

    /// Lets the stage that waits go on.
    pub(crate) fn go(&self, run: &str) {
        std::fs::write(self.clone_of(run).join("GO"), "").unwrap();
    }

    fn clone_of(&self, run: &str) -> PathBuf {
        self.server.directory(run).join("repository")
    }

    /// Kills all that was started here, which is known by its home.
    pub(crate) fn kill_all(&mut self) {
        self.server.kill();
        let home = format!("HOME={}/home", self.bench.root().display());
        for entry in entries(Path::new("/proc")) {
            let pid = entry
                .file_name()
                .and_then(|name| name.to_str()?.parse().ok());
            let variables = std::fs::read(entry.join("environ")).unwrap_or_default();
            let is_ours = variables
                .split(|it| *it == 0)
                .any(|it| it == home.as_bytes());
            if let Some(pid) = pid.filter(|_| is_ours) {
                kill(pid, Signal::KILL);
            }
        }
    }
}

impl Drop for Plant {
    fn drop(&mut self) {
        self.kill_all();
    }
}

/// The types of events.
pub(crate) fn kinds(events: &[Event]) -> Vec<&str> {
    let kinds = events.iter().map(|it| it.data["type"].as_str());
    kinds.map(Option::unwrap).collect()
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

/// A log with its name above it; of another file nothing.
fn text_of(path: &Path) -> String {
    if path.extension().is_none_or(|it| it != "log") {
        return String::new();
    }
    let text = std::fs::read_to_string(path).unwrap_or_default();
    format!("{}:\n{text}\n", path.display())
}

//! A repository, a control plane and runners that die when they are told to.

use std::path::PathBuf;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Child;
use tokio::time::timeout;

use super::plane::{Plane, TOKEN};
use crate::harness::Bench;
use crate::plant::PATIENCE;
use crate::repository;

#[derive(Debug)]
pub(crate) struct Factory {
    pub(crate) bench: Bench,
    pub(crate) plane: Plane,
    pub(crate) run: String,
}

impl Factory {
    /// A repository with a pipeline in it, and a run of it.
    pub(crate) fn new(run_type: &str, pipeline: &str) -> Self {
        let bench = Bench::new();
        let origin = bench.root().join("origin");
        let files = [("pipeline.dot", pipeline), ("README.md", "# Example\n")];
        repository::begin(&origin, &files);
        let plane = Plane::default();
        let run = "crun1".to_owned();
        plane.change(|known| {
            known.may_push = true;
            known.specification = json!({
                "runId": run, "attempt": 1, "runType": run_type,
                "project": {"id": "cproject", "name": "Example"},
                "repository": {"cloneUrl": origin.to_str().unwrap(), "defaultBranch": "main",
                    "reach": {"hosts": ["127.0.0.1"], "roots": [bench.root()]}},
                "sourceBranch": "main", "targetBranch": "attractor/work",
                "attractor": {"name": "example", "repoPath": "pipeline.dot",
                    "version": null, "sha256": null, "content": null},
                "modelConfig": {"provider": "anthropic", "modelId": "claude-opus-5-5"},
                "specBundle": null, "rerun": null, "environment": {}, "commandVariables": [],
                "limits": {"runMs": 7_200_000, "artifactBytes": 1_000_000},
                "heartbeatMs": 100, "leaseMs": 12_000, "journalSeq": 0,
            });
        });
        Self { bench, plane, run }
    }

    pub(crate) fn origin(&self) -> PathBuf {
        self.bench.root().join("origin")
    }

    /// Where the present run's files are.
    pub(crate) fn directory(&self) -> PathBuf {
        self.bench.root().join("runs").join(&self.run)
    }

    /// Begins another run of the same kind.
    pub(crate) fn another_run(&mut self, run: &str) {
        self.run = run.to_owned();
        self.plane.change(|known| {
            known.specification["runId"] = run.into();
            known.events.clear();
            known.finish = None;
        });
    }

    pub(crate) fn specify(&self, field: &str, value: Value) {
        self.plane.change(|known| {
            *known.specification.pointer_mut(field).unwrap() = value;
        });
    }

    /// A runner that was told where its control plane is.
    pub(crate) async fn runner(&self, url: &str) -> Child {
        let mut command: tokio::process::Command =
            self.bench.attractor(&["runner", "--stdin"]).into();
        let log = self.bench.root().join("log");
        let log = std::fs::File::options()
            .append(true)
            .create(true)
            .open(log)
            .unwrap();
        // Whoever runs the tests may have keys, which are nobody's business.
        command.env("ANTHROPIC_API_KEY", "sk-of-the-machine");
        command
            .stdin(Stdio::piped())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        command.process_group(0).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let access = json!({"url": url, "token": TOKEN, "directory": self.directory()});
        let mut stdin = child.stdin.take().unwrap();
        stdin
            .write_all(format!("{access}\n").as_bytes())
            .await
            .unwrap();
        child
    }

    /// One runner to its end, however that comes: its exit code, or nothing if it was killed.
    pub(crate) async fn attempt(&self) -> Option<i32> {
        self.while_serving(async |url: &str| {
            let mut child = self.runner(url).await;
            tokio::select! {
                status = child.wait() => status.unwrap().code(),
                () = self.plane.killed.notified() => {
                    child.kill().await.unwrap();
                    None
                }
            }
        })
        .await
    }

    /// Does something while the control plane answers.
    pub(crate) async fn while_serving<T>(&self, work: impl AsyncFnOnce(&str) -> T) -> T {
        let (url, serving) = self.plane.serve().await;
        let done = tokio::select! {
            done = timeout(PATIENCE, work(&url)) => done,
            () = serving => unreachable!("it serves for ever"),
        };
        done.unwrap_or_else(|_| panic!("it takes too long\n{}", self.log()))
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.bench.root().join("log")).unwrap_or_default()
    }

    /// The run's end as it was told.
    #[track_caller]
    pub(crate) fn finish(&self) -> Value {
        let finish = self.plane.known().finish.clone();
        finish.unwrap_or_else(|| panic!("the run hasn't finished\n{}", self.log()))
    }

    #[track_caller]
    pub(crate) fn has_succeeded(&self) {
        assert_eq!(self.finish()["outcome"], "succeeded", "{}", self.finish());
    }

    /// Why the run has failed.
    #[track_caller]
    pub(crate) fn failure(&self) -> String {
        let finish = self.finish();
        assert_eq!(finish["outcome"], "failed", "{finish}");
        finish["error"].as_str().unwrap().to_owned()
    }

    pub(crate) fn artifact(&self, key: &str) -> String {
        let known = self.plane.known();
        let bytes = known.artifacts.get(key);
        let bytes = bytes.unwrap_or_else(|| panic!("{key} isn't in {:?}", known.artifacts.keys()));
        String::from_utf8(bytes.clone()).unwrap()
    }

    /// The types of the events that were told.
    pub(crate) fn event_types(&self) -> Vec<String> {
        let known = self.plane.known();
        let types = known.events.iter().map(|event| event["type"].as_str());
        types.map(|it| it.unwrap().to_owned()).collect()
    }

    /// How often a node was begun, as the events tell.
    pub(crate) fn begun(&self, node: &str) -> usize {
        let known = self.plane.known();
        let is_it = |event: &&Value| {
            event["type"] == "EngineNodeStarted" && event["payload"]["nodeId"] == node
        };
        known.events.iter().filter(is_it).count()
    }
}

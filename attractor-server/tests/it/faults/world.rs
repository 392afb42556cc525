//! A plant whose runs stop at steps until they are told to go on.

use std::ops::{Deref, DerefMut};
use std::path::Path;

use serde_json::json;
use tokio::time::timeout;

use super::steps::{Reached, Steps};
use crate::harness::Bench;
use crate::http::client::Event;
use crate::plant::{PATIENCE, Plant, Served};

/// Waits in its second node.
const SLOW: &str = r#"digraph slow {
    start [shape=Mdiamond]; done [shape=Msquare]
    first [shape=parallelogram, tool_command="echo first >>.attractor/out/x"]
    wait [shape=parallelogram, tool_command="AT echo second >>.attractor/out/x"]
    start -> first -> wait -> done
}"#;

/// A plant, the steps of its runs, and perhaps another server on the same database.
#[derive(Debug)]
pub(super) struct World {
    plant: Plant,
    pub(super) steps: Steps,
    pub(super) other: Option<Served>,
}

impl World {
    pub(super) async fn new() -> Self {
        Self::with(Bench::new(), &[]).await
    }

    /// With a server that is given these arguments.
    pub(super) async fn with(bench: Bench, more: &[&str]) -> Self {
        let steps = Steps::new(bench.root());
        let server = serve(&bench, &steps, "data", more);
        Self {
            plant: Plant::with(bench, server).await,
            steps,
            other: None,
        }
    }

    /// Starts another server with the same keys.
    pub(super) fn add_server(&mut self, more: &[&str]) {
        let place = self.bench.root().join("other");
        std::fs::create_dir(&place).unwrap();
        let key = self.server.data.join("secrets.key");
        std::fs::copy(key, place.join("secrets.key")).unwrap();
        self.other = Some(serve(&self.bench, &self.steps, "other", more));
    }

    /// Asks the other server from now on.
    pub(super) fn swap(&mut self) {
        let other = self.other.as_mut().unwrap();
        std::mem::swap(&mut self.plant.server, other);
    }

    /// The next run that has come to a step.
    pub(super) async fn next(&mut self) -> Reached {
        let next = timeout(PATIENCE, self.steps.next()).await;
        next.unwrap_or_else(|_| panic!("{}", self.said()))
    }

    /// A run that waits in its second node, `wait`.
    pub(super) async fn in_a_node(&mut self) -> Reached {
        let at = self.steps.command("mid-node");
        self.steps.stop_at("mid-node");
        self.task(&SLOW.replace("AT", &at)).await;
        self.next().await
    }

    /// Begins an implementation run for each step, and waits until each has come to its own.
    pub(super) async fn at_steps(&mut self, pipeline: &str, steps: &[&str]) -> Vec<Reached> {
        let bundle = self.bundle().await;
        let attractor = self.attractor("work", pipeline).await;
        for step in steps {
            self.steps.stop_at(step);
            let more = json!({"runType": "implementation", "specBundleId": bundle,
                "targetBranch": format!("attractor/{step}")});
            self.begin(&attractor, more).await;
        }
        let mut reached = Vec::new();
        for _ in steps {
            reached.push(self.next().await);
        }
        reached
    }
}

impl Deref for World {
    type Target = Plant;

    fn deref(&self) -> &Plant {
        &self.plant
    }
}

impl DerefMut for World {
    fn deref_mut(&mut self) -> &mut Plant {
        &mut self.plant
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // Before the plant looks for what runs on.
        self.other = None;
    }
}

fn serve(bench: &Bench, steps: &Steps, name: &str, more: &[&str]) -> Served {
    let programs: &Path = &steps.bin();
    Plant::serve(bench, name, more, Some(programs))
}

/// How often an event of a type, of a node if one is given, was told.
pub(super) fn count(events: &[Event], kind: &str, node: Option<&str>) -> usize {
    let is_it = |event: &&Event| {
        event.data["type"] == kind
            && node.is_none_or(|node| event.data["payload"]["nodeId"] == node)
    };
    events.iter().filter(is_it).count()
}

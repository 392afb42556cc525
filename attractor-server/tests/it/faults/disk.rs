//! A disk without room: for the server alone, and for everything.

use std::io::Write as _;
use std::time::Duration;

use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::json;
use tokio::time::{sleep, timeout};

use super::world::World;
use crate::disk::SmallDisk;
use crate::harness::Bench;
use crate::plant::PATIENCE;
use crate::process::is_alive;

/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// Asks for something to be written until the server says that there is no room.
async fn refused(world: &World) {
    let asked = async {
        loop {
            let body = json!({"name": "More"});
            let reply = world.server.post("/api/projects", &body).await;
            match reply.status {
                201 | 409 => {}
                503 => return,
                other => panic!("{other}: {}", reply.body),
            }
        }
    };
    timeout(PATIENCE, asked).await.unwrap();
}

/// Waits until the run's process has had no room either: its stage has ended, and since then it has tried again
/// and again to tell what it has journaled, which the server can't store.
async fn has_no_room(world: &World, stage: i32) {
    let refused = || {
        let said = world.said();
        let lines = said.lines();
        let is_refused = |line: &&str| line.contains("path=\"/api/runner/events\" status=503");
        lines.filter(is_refused).count()
    };
    let tried = async {
        while is_alive(stage) {
            sleep(LOOK).await; // tidy: what happens in other processes is looked at
        }
        let before = refused();
        while refused() < before + 3 {
            sleep(LOOK).await; // tidy: what happens in other processes is looked at
        }
    };
    timeout(PATIENCE, tried).await.unwrap();
}

#[tokio::test]
async fn a_server_that_can_write_nothing_goes_on_once_it_can() {
    let mut world = World::new().await;
    let reached = world.in_a_node().await;
    let server = Pid::from_raw(world.server.pid());
    let limit = |bytes| {
        let new = Rlimit {
            current: bytes,
            maximum: None,
        };
        prlimit(server, Resource::Fsize, new).unwrap();
    };
    limit(Some(0));
    world.steps.go_on(&reached);
    refused(&world).await;
    limit(None);
    let (run, _) = world.success_of(&reached.run).await;
    assert_eq!(run["attempt"], 1);
}

/// Takes all the room that there is.
fn fill(disk: &std::path::Path) -> std::path::PathBuf {
    let path = disk.join("ballast");
    let mut file = std::fs::File::create(&path).unwrap();
    let mut piece = vec![0; 1 << 20];
    while !piece.is_empty() {
        if file.write_all(&piece).is_err() {
            piece.truncate(piece.len() / 2);
        }
    }
    path
}

#[tokio::test]
async fn a_run_on_a_full_disk_says_so_and_can_go_on_once_there_is_room() {
    let bench = Bench::new();
    let place = bench.root().join("data");
    let Some(_disk) = SmallDisk::mount(&place, "64m") else {
        println!("SKIPPED: a small file system can't be mounted here; it takes root");
        return;
    };
    let mut world = World::with(bench, &["--log", "attractor_server=debug"]).await;
    let reached = world.in_a_node().await;
    let ballast = fill(&place);
    world.steps.go_on(&reached);
    refused(&world).await;
    has_no_room(&world, reached.pid).await;
    std::fs::remove_file(ballast).unwrap();
    let (run, _) = world.end_of(&reached.run).await;
    assert_eq!(run["status"], "FAILED", "{run}");
    let error = run["error"].as_str().unwrap();
    assert!(error.contains("No space left"), "{error}");
    let path = format!("/api/runs/{}/resume", reached.run);
    world.server.act(&path).await.is(200);
    world.success_of(&reached.run).await;
}

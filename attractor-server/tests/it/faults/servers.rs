//! Two servers on one PostgreSQL.

use std::collections::BTreeSet;

use attractor_server::testing::TestDatabase;
use serde_json::json;
use tokio::time::timeout;

use super::steps::{Steps, is_alive};
use super::world::{PATIENCE, Server, World, count, said};
use crate::harness::Bench;

/// Two servers with the same keys, if there is a PostgreSQL.
async fn two() -> Option<(World, TestDatabase)> {
    let server = crate::services::postgres()?;
    let database = TestDatabase::postgres(&server).await.unwrap();
    let bench = Bench::new();
    let steps = Steps::new(bench.root());
    let arguments = ["--database-url", database.url()];
    let one = Server::start(&bench, &steps, "one", &arguments);
    let other = bench.root().join("other");
    std::fs::create_dir(&other).unwrap();
    std::fs::copy(one.data.join("secrets.key"), other.join("secrets.key")).unwrap();
    let other = Server::start(&bench, &steps, "other", &arguments);
    let world = World::with(bench, steps, vec![one, other]).await;
    Some((world, database))
}

/// The runs that a server has executed.
fn executed(server: &Server) -> BTreeSet<String> {
    let entries = std::fs::read_dir(server.data.join("runs"));
    let names = entries.into_iter().flatten().flatten();
    names
        .map(|it| it.file_name().into_string().unwrap())
        .collect()
}

#[tokio::test]
async fn two_servers_on_one_postgresql_execute_each_run_once() {
    let Some((world, database)) = two().await else {
        return;
    };
    let book = world.bench.root().join("book");
    let pipeline = format!(
        r#"digraph note {{
            start [shape=Mdiamond]; done [shape=Msquare]
            note [shape=parallelogram, tool_command="echo $ATTRACTOR_RUN_ID >>{}; echo x >>.attractor/out/x"]
            start -> note -> done
        }}"#,
        book.display()
    );
    let attractor = world.attractor("note", &pipeline).await;
    let mut runs = BTreeSet::new();
    for _ in 0..20 {
        runs.insert(world.begin(&attractor, json!({})).await);
    }
    for id in &runs {
        let (run, _) = world.success_of(id).await;
        assert_eq!(run["attempt"], 1);
    }
    let book = std::fs::read_to_string(book).unwrap();
    let noted: Vec<_> = book.lines().map(str::to_owned).collect();
    assert_eq!(noted.len(), runs.len());
    assert_eq!(noted.into_iter().collect::<BTreeSet<_>>(), runs);
    let (one, other) = (executed(&world.servers[0]), executed(&world.servers[1]));
    println!("{} and {} runs", one.len(), other.len());
    assert!(one.is_disjoint(&other));
    assert_eq!(&one | &other, runs);
    drop(world);
    database.remove().await.unwrap();
}

#[tokio::test]
async fn a_run_on_postgresql_waits_for_the_server_that_has_its_files() {
    let Some((mut world, database)) = two().await else {
        return;
    };
    let at = world.steps.command("mid-node");
    let pipeline = format!(
        r#"digraph slow {{
            start [shape=Mdiamond]; done [shape=Msquare]
            first [shape=parallelogram, tool_command="echo x >>.attractor/out/x"]
            wait [shape=parallelogram, tool_command="{at} echo y >>.attractor/out/y"]
            start -> first -> wait -> done
        }}"#
    );
    let attractor = world.attractor("slow", &pipeline).await;
    world.steps.stop_at("mid-node");
    let id = world.begin(&attractor, json!({})).await;
    let reached = timeout(PATIENCE, world.steps.next()).await.unwrap();
    // Whoever has it becomes the first.
    if executed(&world.servers[1]).contains(&id) {
        world.servers.swap(0, 1);
    }
    let runner = world.servers[0].runner(&id, 1);
    world.servers[0].kill();
    // Its runner is alive, but nobody hears it: the other server gives it up, and doesn't take the run.
    world.servers.swap(0, 1);
    world.until(&id, "RunRunnerLost").await;
    assert!(is_alive(runner));
    world.servers.swap(0, 1);
    world.servers[0].start_again(&world.bench);
    let (run, events) = world.success_of(&id).await;
    assert_eq!(run["attempt"], 2, "{}", said(&world.bench));
    assert!(!is_alive(runner) && !is_alive(reached.pid));
    assert_eq!(count(&events, "EngineNodeCompleted", Some("first")), 1);
    assert_eq!(executed(&world.servers[1]), BTreeSet::new());
    drop(world);
    database.remove().await.unwrap();
}

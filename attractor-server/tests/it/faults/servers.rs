//! Two servers on one PostgreSQL.

use std::collections::BTreeSet;

use attractor_server::testing::TestDatabase;
use serde_json::json;

use super::world::{World, count};
use crate::harness::Bench;
use crate::plant::Served;
use crate::process::is_alive;

/// Two servers with the same keys, if there is a PostgreSQL.
async fn two() -> Option<(World, TestDatabase)> {
    let server = crate::services::postgres()?;
    let database = TestDatabase::postgres(&server).await.unwrap();
    let arguments = ["--database-url", database.url()];
    let mut world = World::with(Bench::new(), &arguments).await;
    world.add_server(&arguments);
    Some((world, database))
}

/// The runs that a server has executed.
fn executed(server: &Served) -> BTreeSet<String> {
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
    let one = executed(&world.server);
    let other = executed(world.other.as_ref().unwrap());
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
    let reached = world.in_a_node().await;
    let id = &reached.run;
    // Whoever has it is asked.
    if !executed(&world.server).contains(id) {
        world.swap();
    }
    let runner = world.server.runner(id, 1);
    world.server.kill();
    // Its runner is alive, but nobody hears it: the other server gives it up, and doesn't take the run.
    world.swap();
    world.until(id, "RunRunnerLost").await;
    assert!(is_alive(runner));
    world.swap();
    world.server.start_again();
    let (run, events) = world.success_of(id).await;
    assert!(run["attempt"].as_u64() >= Some(2), "{}", world.said());
    assert!(!is_alive(runner) && !is_alive(reached.pid));
    assert_eq!(count(&events, "EngineNodeCompleted", Some("first")), 1);
    assert_eq!(executed(world.other.as_ref().unwrap()), BTreeSet::new());
    drop(world);
    database.remove().await.unwrap();
}

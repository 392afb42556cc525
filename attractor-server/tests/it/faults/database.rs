//! A database that is locked, or gone, for a while.

use std::net::SocketAddr;

use attractor_server::testing::TestDatabase;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::world::World;
use crate::harness::Bench;
use crate::plant::PATIENCE;

/// Asks until the server says that the database can't be used now, and how often it must say so.
async fn refused(world: &World, method: &str, path: &str, times: u32) {
    let asked = async {
        let mut refused = 0;
        while refused < times {
            let reply = world.server.call(method, path, None).await;
            match reply.status {
                200 | 202 => {}
                503 => refused += 1,
                other => panic!("{other}: {}", reply.body),
            }
        }
    };
    timeout(PATIENCE, asked).await.unwrap();
}

#[tokio::test]
async fn a_database_that_is_locked_costs_no_run_anything() {
    let mut world = World::new().await;
    let reached = world.in_a_node().await;
    let path = world.server.data.join("attractor.db");
    let database = TestDatabase::at(format!("sqlite://{}", path.display()));
    let lock = database.lock().await.unwrap();
    world.steps.go_on(&reached);
    // It's told so after ten seconds, in which no heartbeat is written.
    let pause = format!("/api/runs/{}/pause", reached.run);
    refused(&world, "POST", &pause, 1).await;
    lock.release().await.unwrap();
    let (run, _) = world.success_of(&reached.run).await;
    assert_eq!(run["attempt"], 1);
}

/// Between a server and its database: passes everything on, or nothing.
struct Wire {
    address: SocketAddr,
    is_whole: watch::Sender<bool>,
    _tasks: JoinSet<()>,
}

impl Wire {
    async fn to(database: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (is_whole, whole) = watch::channel(true);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut passing = JoinSet::new();
            loop {
                let (mut near, _) = listener.accept().await.unwrap();
                let (mut whole, database) = (whole.clone(), database.clone());
                passing.spawn(async move {
                    let pass = async {
                        let mut far = TcpStream::connect(database).await.unwrap();
                        // Either end may hang up.
                        let _ = copy_bidirectional(&mut near, &mut far).await;
                    };
                    tokio::select! {
                        biased;
                        _ = whole.wait_for(|it| !it) => {}
                        () = pass => {}
                    }
                });
            }
        });
        Self {
            address,
            is_whole,
            _tasks: tasks,
        }
    }
}

// The wire works while a server is awaited.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_that_is_gone_for_a_while_costs_no_run_anything() {
    let Some(server) = crate::services::postgres() else {
        return;
    };
    let database = TestDatabase::postgres(&server).await.unwrap();
    let mut url = url::Url::parse(database.url()).unwrap();
    let far = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap_or(5432));
    let wire = Wire::to(far).await;
    url.set_host(Some("127.0.0.1")).unwrap();
    url.set_port(Some(wire.address.port())).unwrap();
    let arguments = ["--database-url", url.as_str()];
    let mut world = World::with(Bench::new(), &arguments).await;
    let reached = world.in_a_node().await;
    wire.is_whole.send_replace(false);
    world.steps.go_on(&reached);
    refused(&world, "GET", &format!("/api/runs/{}", reached.run), 1).await;
    wire.is_whole.send_replace(true);
    let is_back = async {
        let path = format!("/api/runs/{}", reached.run);
        while world.server.call("GET", &path, None).await.status != 200 {}
    };
    timeout(PATIENCE, is_back).await.unwrap();
    let (run, _) = world.success_of(&reached.run).await;
    assert_eq!(run["attempt"], 1);
    drop(world);
    database.remove().await.unwrap();
}

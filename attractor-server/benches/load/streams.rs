use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::BodyExt as _;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tempfile::TempDir;
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::client::Client;
use super::events::{TOKEN, batch, running};
use super::server::{Server, in_megabytes};
use super::{milliseconds, row};

/// What event streams cost in which nothing happens, and how soon all are told when something does.
pub(crate) async fn that_wait(count: usize, time: Duration) {
    if !may_open(4 * count as u64) {
        println!("SKIPPED: as many files as {count} streams need can't be opened here");
        return;
    }
    let data = TempDir::new().expect("a directory");
    let server = Server::start(data.path(), &[]);
    let run = running(&server).await;
    let path: Arc<str> = format!("/api/runs/{run}/events").into();
    let before = server.memory("VmRSS");
    let are_here = Arc::new(Barrier::new(count + 1));
    let mut streams = JoinSet::new();
    for _ in 0..count {
        let client = server.client().await;
        streams.spawn(watch(client, Arc::clone(&path), Arc::clone(&are_here)));
    }
    are_here.wait().await;
    let began = server.processor_time();
    sleep(time).await;
    if let (Some(began), Some(now)) = (began, server.processor_time()) {
        let share = (now - began).as_secs_f64() / time.as_secs_f64() * 100.0;
        let text = format!("{share:.2} % of a processor");
        row(&format!("{count} event streams that wait"), &text);
    }
    if let (Some(before), Some(now)) = (before, server.memory("VmRSS")) {
        let each = in_megabytes(now.saturating_sub(before)) * 1_000.0 / count as f64;
        row("an event stream's memory", &format!("{each:.1} kB"));
    }
    let mut runner = Client::connect(server.address, TOKEN).await;
    let began = Instant::now();
    runner.post("/api/runner/events", &batch(&run, 0, 1)).await;
    streams.join_all().await;
    row(
        "until all have been told an event",
        &milliseconds(began.elapsed()),
    );
}

/// Reads the two events that there are, waits for the others, and reads the next.
async fn watch(mut client: Client, path: Arc<str>, are_here: Arc<Barrier>) {
    let mut body = client.ask("GET", &path, None).await.into_body();
    let mut read = String::new();
    for id in ["id: 2\n", "id: 3\n"] {
        while !read.contains(id) {
            let frame = body.frame().await.expect("the stream goes on");
            let data = frame.expect("a frame").into_data().unwrap_or_default();
            read.push_str(&String::from_utf8_lossy(&data));
        }
        if id.contains('2') {
            are_here.wait().await;
        }
    }
}

/// Each stream has a socket at either end; the server may open as many files as this process.
fn may_open(files: u64) -> bool {
    let limit = getrlimit(Resource::Nofile);
    let wanted = Rlimit {
        current: limit
            .maximum
            .map_or(Some(files), |most| Some(most.min(files))),
        maximum: limit.maximum,
    };
    let is_enough = |limit: Option<u64>| limit.is_none_or(|limit| limit >= files);
    is_enough(limit.current)
        || (is_enough(limit.maximum) && setrlimit(Resource::Nofile, wanted).is_ok())
}

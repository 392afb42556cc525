use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::time::sleep;

use super::client::Client;
use super::server::Server;
use super::{milliseconds, quantile, row};

const PIPELINE: &str = r#"digraph review {
    start [shape=Mdiamond]; done [shape=Msquare]
    look [prompt="Look at it"]; judge [prompt="Judge it"]
    start -> look -> judge -> done
}"#;

/// How many ask for a run all the time.
const READERS: usize = 8;

/// Queues runs and waits until all have succeeded, while others ask for them.
pub(crate) async fn all_at_once(count: usize) {
    let root = TempDir::new().expect("a directory");
    let origin = root.path().join("origin");
    repository(&origin);
    let place = root.path().to_str().expect("UTF-8");
    let server = Server::start(
        &root.path().join("data"),
        &["--simulate", "--repository-root", place],
    );
    let mut client = server.client().await;
    let body = project(&mut client, &origin).await;
    let began = Instant::now();
    let (queue, ids) = watch::channel(Vec::new());
    let readers = (0..READERS).map(|_| read(&server, ids.clone()));
    let waiting = async {
        for _ in 0..count {
            let queued = client.post("/api/runs", &body).await;
            let id = queued["runId"].as_str().expect("an id").to_owned();
            queue.send_modify(|ids| ids.push(id));
        }
        let queued = began.elapsed();
        let project = body["projectId"].as_str().unwrap_or_default();
        succeeded(&mut client, project, count).await;
        drop(queue);
        (queued, began.elapsed())
    };
    let (latencies, (queued, whole)) = tokio::join!(futures::future::join_all(readers), waiting);
    let mut latencies: Vec<Duration> = latencies.into_iter().flatten().collect();
    latencies.sort();
    let each = |time: Duration| milliseconds(time / u32::try_from(count).unwrap_or(u32::MAX));
    row(
        &format!("{count} runs queued"),
        &format!("{:.2} s, {} a run", queued.as_secs_f64(), each(queued)),
    );
    row(
        &format!("{count} runs executed, 20 at a time"),
        &format!("{:.1} s, {} a run", whole.as_secs_f64(), each(whole)),
    );
    row(
        "`GET /api/runs/{id}` meanwhile",
        &format!(
            "{} (median), {} (p99), {} times",
            milliseconds(quantile(&latencies, 0.5)),
            milliseconds(quantile(&latencies, 0.99)),
            latencies.len()
        ),
    );
}

fn repository(origin: &Path) {
    std::fs::create_dir(origin).expect("a directory");
    std::fs::write(origin.join("README.md"), "# Example\n").expect("a file");
    let identity = ["-c", "user.name=A", "-c", "user.email=a@example.com"];
    for arguments in [
        &["init", "--quiet", "--initial-branch=main"][..],
        &["add", "."],
        &["commit", "--quiet", "--message=Begin"],
    ] {
        let mut git = Command::new("git");
        let status = git.args(identity).args(arguments).current_dir(origin);
        assert!(status.status().expect("git").success());
    }
}

/// A project that may use all places, and what a run of its pipeline is queued with.
async fn project(client: &mut Client, origin: &Path) -> Value {
    let created = client.post("/api/projects", &json!({"name": "Load"})).await;
    let project = created["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/projects/{project}");
    let about = json!({"repository": origin, "defaultBranch": "main", "concurrencyLimit": 20});
    client.send("PATCH", &path, Some(&about)).await;
    let new = json!({
        "name": "review", "repoPath": "review.dot", "defaultRunType": "task", "content": PIPELINE,
    });
    let attractor = client.post(&format!("{path}/attractors"), &new).await;
    json!({
        "projectId": project, "attractorDefId": attractor["id"], "runType": "task",
        "sourceBranch": "main", "targetBranch": "attractor/load",
        "modelConfig": {"provider": "anthropic", "modelId": "claude-sonnet-4-5"},
    })
}

async fn succeeded(client: &mut Client, project: &str, count: usize) {
    let path = format!("/api/projects/{project}/runs?limit=500");
    loop {
        let page = client.get(&path).await;
        let runs = page["runs"].as_array().expect("runs");
        let of = |status: &str| runs.iter().filter(|run| run["status"] == status).count();
        assert_eq!(of("FAILED"), 0, "{page}");
        if of("SUCCEEDED") == count {
            return;
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// Asks for one of the runs that are queued after the other until all are over, and how long each answer took.
async fn read(server: &Server, mut ids: watch::Receiver<Vec<String>>) -> Vec<Duration> {
    let mut client = server.client().await;
    let mut latencies = Vec::new();
    // The sender goes when all are over.
    let _ = ids.changed().await;
    while ids.has_changed().is_ok() {
        let path = {
            let ids = ids.borrow();
            format!("/api/runs/{}", ids[latencies.len() % ids.len()])
        };
        let began = Instant::now();
        client.get(&path).await;
        latencies.push(began.elapsed());
        sleep(Duration::from_millis(2)).await;
    }
    latencies
}

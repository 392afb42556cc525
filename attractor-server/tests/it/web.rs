//! `--allow-host`: pages that the agents of a run may fetch, on loopback.

use attractor_llm::testing::{Match, Script, ScriptedServer, Turn};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::harness::{Bench, Finished, text};

/// The agent's turn comes when somebody has made `go`.
const PIPELINE: &str = "digraph web {
    start [shape=Mdiamond]; exit [shape=Msquare]
    check [shape=parallelogram, tool_command=\"test -e go\"]
    read  [prompt=\"What does the page say?\"]
    start -> check -> read -> exit
}";

/// A web server with one page, and a model that reads it.
struct World {
    page: String,
    model: ScriptedServer,
    _server: JoinSet<()>,
}

impl World {
    async fn new() -> World {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let page = listener.local_addr().unwrap().to_string();
        let mut server = JoinSet::new();
        server.spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut lines = BufReader::new(&mut stream).lines();
                while lines
                    .next_line()
                    .await
                    .is_ok_and(|it| it.is_some_and(|it| !it.is_empty()))
                {}
                let body = "<p>All is <b>quiet</b>.</p>";
                let head = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n";
                let reply = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
                // The client may have hung up.
                let _ = stream.write_all(reply.as_bytes()).await;
            }
        });
        let fetch = json!({ "url": format!("http://{page}/news") });
        let script = Script::new()
            .turn(Turn::tool_call("web_fetch", fetch).when(Match::any().tool_results(0)))
            .turn(Turn::text("It says so.").when(Match::any().tool_results(1)));
        World {
            page,
            model: ScriptedServer::start(script).await.unwrap(),
            _server: server,
        }
    }

    /// `attractor` to its end, with the model in reach.
    async fn attractor(&self, bench: &Bench, arguments: &[&str]) -> Finished {
        bench.with_model(&self.model, arguments).await
    }

    /// Whether the model was offered the tool, and what its call gave.
    fn told(&self) -> (bool, String) {
        let requests = self.model.requests();
        let offered = requests[0].body["tools"].to_string();
        let messages = requests[1].body["messages"].to_string();
        (offered.contains("\"web_fetch\""), messages)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_reads_the_pages_of_the_hosts_that_are_allowed() {
    let (world, bench) = (World::new().await, Bench::new());
    bench.write("go", "");
    let (file, logs) = (bench.write("pipeline.dot", PIPELINE), bench.logs());
    let run = ["run", text(&file), "--logs", text(&logs)];
    let allowed = ["--allow-host", "docs.rs", "--allow-host", &world.page];
    world
        .attractor(&bench, &[&run[..], &allowed[..]].concat())
        .await
        .exits(0);
    let (offered, messages) = world.told();
    assert!(
        offered && messages.contains("All is **quiet**."),
        "{messages}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_resumed_still_has_its_hosts() {
    let (world, bench) = (World::new().await, Bench::new());
    let (file, logs) = (bench.write("pipeline.dot", PIPELINE), bench.logs());
    let run = [
        "run",
        text(&file),
        "--logs",
        text(&logs),
        "--allow-host",
        &world.page,
    ];
    world.attractor(&bench, &run).await.exits(1);
    bench.write("go", "");
    let resume = ["resume", text(&logs)];
    world.attractor(&bench, &resume).await.exits(0);
    let (offered, messages) = world.told();
    assert!(
        offered && messages.contains("All is **quiet**."),
        "{messages}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_resumed_may_have_more_hosts() {
    let (world, bench) = (World::new().await, Bench::new());
    let (file, logs) = (bench.write("pipeline.dot", PIPELINE), bench.logs());
    let run = ["run", text(&file), "--logs", text(&logs)];
    world.attractor(&bench, &run).await.exits(1);
    bench.write("go", "");
    let resume = ["resume", text(&logs), "--allow-host", &world.page];
    world.attractor(&bench, &resume).await.exits(0);
    let (offered, messages) = world.told();
    assert!(
        offered && messages.contains("All is **quiet**."),
        "{messages}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_is_fetched_unless_its_host_is_allowed() {
    let (world, bench) = (World::new().await, Bench::new());
    bench.write("go", "");
    let (file, logs) = (bench.write("pipeline.dot", PIPELINE), bench.logs());
    let run = ["run", text(&file), "--logs", text(&logs)];
    world.attractor(&bench, &run).await.exits(0);
    let (offered, messages) = world.told();
    assert!(!offered && messages.contains("Unknown tool"), "{messages}");
}

#[test]
fn what_is_not_a_host_is_misuse() {
    let bench = Bench::new();
    bench
        .run(PIPELINE, &["--allow-host", "https://docs.rs/serde"])
        .exits(2)
        .says(&["leave out all of the URL but the host, as in docs.rs"]);
}

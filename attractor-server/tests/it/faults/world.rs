//! A server that can be killed and started again, a repository, and runs of it.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use http_body_util::BodyExt as _;
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::steps::{Steps, kill};
use crate::harness::Bench;
use crate::http::client::{Event, Events, Reply, exchange, request};
use crate::port::Port;

/// Longer than anything here takes on a machine that does something else, too.
pub(super) const PATIENCE: Duration = Duration::from_secs(150);

/// What one server is started with.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) data: PathBuf,
    arguments: Vec<String>,
    path: String,
    pub(super) address: SocketAddr,
    _port: Port,
    child: Option<(Child, BufReader<ChildStdout>)>,
}

impl Server {
    /// A server with a directory and a port of its own.
    pub(super) fn start(bench: &Bench, steps: &Steps, name: &str, more: &[&str]) -> Self {
        let (root, port) = (bench.root(), Port::reserve());
        let system = std::env::var("PATH").unwrap();
        let mut server = Self {
            data: root.join(name),
            arguments: more.iter().map(|&it| it.to_owned()).collect(),
            path: format!("{}:{system}", steps.bin().display()),
            address: port.address(),
            _port: port,
            child: None,
        };
        server.start_again(bench);
        server
    }

    fn try_start(&mut self, bench: &Bench) -> bool {
        let root = bench.root().to_str().unwrap();
        let address = self.address.to_string();
        let mut arguments = vec!["serve", "--listen", &address, "--repository-root", root];
        arguments.extend(["--data-dir", self.data.to_str().unwrap()]);
        arguments.extend(self.arguments.iter().map(String::as_str));
        let attractor = bench.attractor(&arguments);
        // A disk that is full sends no signal; the limit that stands in for it would.
        let mut command = Command::new("sh");
        command
            .args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"])
            .arg(attractor.get_program())
            .args(attractor.get_args())
            .current_dir(bench.work())
            .env_clear()
            .envs(
                attractor
                    .get_envs()
                    .filter_map(|(name, value)| Some((name, value?))),
            )
            .env("PATH", &self.path)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log(bench));
        let mut child = command.spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut read = String::new();
        while !read.contains("Ctrl-C") {
            if output.read_line(&mut read).unwrap() == 0 {
                child.wait().unwrap();
                return false;
            }
        }
        self.child = Some((child, output));
        true
    }

    /// Ends it as the loss of power would.
    pub(super) fn kill(&mut self) {
        if let Some((mut child, _)) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    pub(super) fn start_again(&mut self, bench: &Bench) {
        assert!(self.try_start(bench), "{}", said(bench));
    }

    pub(super) fn pid(&self) -> i32 {
        let (child, _) = self.child.as_ref().unwrap();
        i32::try_from(child.id()).unwrap()
    }

    fn token(&self) -> String {
        let token = std::fs::read_to_string(self.data.join("admin-token")).unwrap();
        format!("Bearer {}", token.trim())
    }

    pub(super) async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        let (host, token) = (self.address.to_string(), self.token());
        let mut headers = vec![("host", host.as_str()), ("authorization", token.as_str())];
        if body.is_some() {
            headers.push(("content-type", "application/json"));
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = request(method, path, &headers, &body);
        let (response, _connection) = exchange(self.address, request).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.into_body().collect().await.unwrap().to_bytes();
        Reply {
            status,
            headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }

    pub(super) async fn read(&self, path: &str) -> Value {
        self.call("GET", path, None).await.is(200).json()
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Value {
        self.call("POST", path, Some(body)).await.is(201).json()
    }

    pub(super) async fn run(&self, id: &str) -> Value {
        self.read(&format!("/api/runs/{id}")).await
    }

    pub(super) async fn events(&self, id: &str) -> Events {
        let (host, token) = (self.address.to_string(), self.token());
        let headers = [("host", host.as_str()), ("authorization", token.as_str())];
        let path = format!("/api/runs/{id}/events");
        let (response, connection) =
            exchange(self.address, request("GET", &path, &headers, "")).await;
        assert_eq!(response.status(), 200);
        Events::of(response.into_body(), connection)
    }

    /// The process of an attempt at a run.
    pub(super) fn runner(&self, id: &str, attempt: u32) -> i32 {
        let record = self.data.join(format!("runs/{id}/attempts/{attempt}.json"));
        let record: Value = serde_json::from_slice(&std::fs::read(record).unwrap()).unwrap();
        i32::try_from(record["process"]["pid"].as_i64().unwrap()).unwrap()
    }
}

/// One or more servers and a project.
#[derive(Debug)]
pub(super) struct World {
    pub(super) bench: Bench,
    pub(super) steps: Steps,
    pub(super) servers: Vec<Server>,
    pub(super) project: String,
}

impl World {
    pub(super) async fn new(more: &[&str]) -> Self {
        let bench = Bench::new();
        let steps = Steps::new(bench.root());
        let server = Server::start(&bench, &steps, "data", more);
        Self::with(bench, steps, vec![server]).await
    }

    pub(super) async fn with(bench: Bench, steps: Steps, servers: Vec<Server>) -> Self {
        let origin = bench.root().join("origin");
        std::fs::create_dir(&origin).unwrap();
        std::fs::write(origin.join("README.md"), "# Example\n").unwrap();
        git(&origin, &["init", "--quiet", "--initial-branch=main"]);
        git(&origin, &["add", "."]);
        git(&origin, &["commit", "--quiet", "--message=Begin"]);
        let created = servers[0]
            .post("/api/projects", &json!({"name": "World"}))
            .await;
        let project = created["id"].as_str().unwrap().to_owned();
        let about = json!({"repository": origin, "defaultBranch": "main", "concurrencyLimit": 20});
        let path = format!("/api/projects/{project}");
        servers[0].call("PATCH", &path, Some(&about)).await.is(200);
        Self {
            bench,
            steps,
            servers,
            project,
        }
    }

    pub(super) fn server(&self) -> &Server {
        &self.servers[0]
    }

    pub(super) fn origin(&self) -> PathBuf {
        self.bench.root().join("origin")
    }

    /// Kills the server and starts it again.
    pub(super) fn restart(&mut self) {
        self.servers[0].kill();
        self.servers[0].start_again(&self.bench);
    }

    /// A new attractor's id.
    pub(super) async fn attractor(&self, name: &str, content: &str) -> String {
        let body = json!({
            "name": name, "repoPath": "pipeline.dot", "defaultRunType": "task", "content": content,
        });
        let path = format!("/api/projects/{}/attractors", self.project);
        let created = self.server().post(&path, &body).await;
        created["id"].as_str().unwrap().to_owned()
    }

    /// Begins a run; `more` are further fields.
    pub(super) async fn begin(&self, attractor: &str, more: Value) -> String {
        let mut body = json!({
            "projectId": self.project, "attractorDefId": attractor, "runType": "task",
            "sourceBranch": "main", "targetBranch": "attractor/work",
            "modelConfig": {"provider": "anthropic", "modelId": "claude-sonnet-4-5"},
        });
        for (field, value) in more.as_object().unwrap() {
            body[field] = value.clone();
        }
        let queued = self.server().post("/api/runs", &body).await;
        queued["runId"].as_str().unwrap().to_owned()
    }

    /// A bundle that implementation runs work from.
    pub(super) async fn bundle(&self) -> String {
        let attractor = self.attractor("plan", PLAN).await;
        let run = self.begin(&attractor, json!({"runType": "planning"})).await;
        let (run, _) = self.success_of(&run).await;
        run["specBundleId"].as_str().unwrap().to_owned()
    }

    /// Watches a run to its end: the run, and its stored events, each once and in order.
    pub(super) async fn end_of(&self, id: &str) -> (Value, Vec<Event>) {
        let events = self.server().events(id).await;
        let Ok(mut events) = timeout(PATIENCE, events.rest()).await else {
            panic!("{}", said(&self.bench));
        };
        let last = events.last().unwrap().clone();
        assert_eq!(last.event, "end", "{events:?}");
        events.retain(|event| event.event == "message");
        let ids: Vec<_> = events.iter().map(|it| it.id.unwrap()).collect();
        let count = u64::try_from(ids.len()).unwrap();
        assert_eq!(ids, (1..=count).collect::<Vec<_>>(), "each once, in order");
        let run = self.server().run(id).await;
        assert_eq!(run["status"], last.data["status"]);
        (run, events)
    }

    pub(super) async fn success_of(&self, id: &str) -> (Value, Vec<Event>) {
        let (run, events) = self.end_of(id).await;
        let told: Vec<_> = events.iter().map(|it| it.data.to_string()).collect();
        let said = said(&self.bench);
        assert_eq!(run["status"], "SUCCEEDED", "{run}\n{told:#?}\n{said}");
        (run, events)
    }

    /// Waits until an event of a type is told.
    pub(super) async fn until(&self, id: &str, kind: &str) {
        let mut events = self.server().events(id).await;
        let waiting = async {
            while let Some(event) = events.next().await {
                if event.data["type"] == kind {
                    return;
                }
            }
            panic!("{id} has ended without {kind}");
        };
        let waited = timeout(PATIENCE, waiting).await;
        waited.unwrap_or_else(|_| panic!("{}", said(&self.bench)));
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for server in &mut self.servers {
            server.kill();
        }
        // What runs on is known by its home.
        let home = format!("HOME={}/home", self.bench.root().display());
        for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let name = entry.file_name();
            let pid = name.to_str().and_then(|name| name.parse().ok());
            let variables = std::fs::read(entry.path().join("environ")).unwrap_or_default();
            let is_ours = variables
                .split(|it| *it == 0)
                .any(|it| it == home.as_bytes());
            if let Some(pid) = pid.filter(|_| is_ours) {
                kill(pid, Signal::KILL);
            }
        }
    }
}

/// How often an event of a type, of a node if one is given, was told.
pub(super) fn count(events: &[Event], kind: &str, node: Option<&str>) -> usize {
    let is_it = |event: &&Event| {
        event.data["type"] == kind
            && node.is_none_or(|node| event.data["payload"]["nodeId"] == node)
    };
    events.iter().filter(is_it).count()
}

fn log(bench: &Bench) -> std::fs::File {
    let mut options = std::fs::File::options();
    let options = options.append(true).create(true);
    options.open(bench.root().join("log")).unwrap()
}

/// What servers and runners have said.
pub(super) fn said(bench: &Bench) -> String {
    let mut said = std::fs::read_to_string(bench.root().join("log")).unwrap_or_default();
    let entries = |path: &Path| std::fs::read_dir(path).into_iter().flatten().flatten();
    for data in entries(bench.root()) {
        for run in entries(&data.path().join("runs")) {
            for attempt in entries(&run.path().join("attempts")) {
                let path = attempt.path();
                if path.extension().is_some_and(|it| it == "log") {
                    let text = std::fs::read_to_string(&path).unwrap_or_default();
                    said += &format!("{}:\n{text}\n", path.display());
                }
            }
        }
    }
    said
}

/// Writes what a planning run must leave.
const PLAN: &str = r##"digraph plan {
    start [shape=Mdiamond]; done [shape=Msquare]
    write [shape=parallelogram, tool_command="cd .attractor/out && echo '# Plan' >plan.md && echo '# R' >requirements.md && echo '{\"tasks\": [{\"id\": \"1\", \"title\": \"x\"}]}' >tasks.json && echo '# Tests' >acceptance-tests.md"]
    start -> write -> done
}"##;

/// What git says.
pub(super) fn git(directory: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.current_dir(directory).args(arguments);
    for (name, value) in [
        ("GIT_AUTHOR_NAME", "A"),
        ("GIT_AUTHOR_EMAIL", "a@example.com"),
        ("GIT_COMMITTER_NAME", "A"),
        ("GIT_COMMITTER_EMAIL", "a@example.com"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
    ] {
        command.env(name, value);
    }
    let output = command.output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {words}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

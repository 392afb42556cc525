//! A server with everything but runners, and a client that does what it's told and nothing else.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use attractor_server::api;
use attractor_server::app::{App, Parts};
use attractor_server::bus::{EventBus, MemoryBus};
use attractor_server::config::Config;
use attractor_server::domain::{
    ApiToken, BUNDLE_FILES, Clock, NewEvent, NewToken, Role, RunId, Transition, event_type,
};
use attractor_server::forge::{CallbackState, Forges, GitHubApp, GitHubForge, GitHubOptions};
use attractor_server::http::PipelineService;
use attractor_server::objects::StoredObjects;
use attractor_server::queue::{MemoryQueue, Queue};
use attractor_server::retention::Retention;
use attractor_server::secrets::{KeyRing, SealedSecretStore};
use attractor_server::store::{
    Change, ClaimLimits, Fence, Lease, LeasedRun, PostgresLink, SqlStore, Store,
};
use attractor_server::testing::{FakeGitHub, FakeRepository, TestClock, TestDatabase};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::http::client::{Events, Reply, reply, request};

/// A pipeline of three nodes.
pub(super) const PIPELINE: &str = "digraph test { start [shape=Mdiamond]\n exit [shape=Msquare]\n \
    work [shape=parallelogram, tool_command=\"true\"]\n start -> work -> exit }";

/// A server on loopback; dropping it ends it at once, as the end of a process would.
#[derive(Debug)]
pub(super) struct TestServer {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<TestClock>,
    pub(super) shutdown: CancellationToken,
    /// GitHub, where the test has to do with it; it has the repository `octo/hello`.
    pub(super) github: Option<FakeGitHub>,
    /// Where its database is.
    pub(super) database: String,
    /// The token of an administrator.
    pub(super) admin: String,
    address: SocketAddr,
    app: App,
    server: JoinSet<()>,
    links: JoinSet<()>,
    _directory: TempDir,
}

impl TestServer {
    pub(super) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(super) async fn with(set_up: impl FnOnce(&mut Config)) -> Self {
        Self::make(set_up, false).await
    }

    /// With a GitHub, and an App on it.
    pub(super) async fn with_github() -> Self {
        Self::make(
            |config| config.github_app_slug = Some("factory".to_owned()),
            true,
        )
        .await
    }

    async fn make(set_up: impl FnOnce(&mut Config), has_github: bool) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock::default());
        let database = database(&directory).await;
        let store = SqlStore::connect(&database).await.unwrap();
        let store: Arc<dyn Store> = Arc::new(store.with_clock(Arc::clone(&clock) as _));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut config = Config::new(address, directory.path());
        set_up(&mut config);
        let shutdown = CancellationToken::new();
        let pipelines = PipelineService::builder(directory.path().join("pipelines"));
        let keys = KeyRing::generate().unwrap();
        let callbacks = CallbackState::new(&keys.derive("github callback").unwrap());
        let (fake, options) = fake_github(&clock, has_github).await;
        let signals = Signals::of(&database).await;
        let github = GitHubForge::new(options, Arc::clone(&clock) as _).unwrap();
        let app = App::new(Parts {
            callbacks: Arc::new(callbacks),
            pipelines: Some(pipelines.workdir(directory.path()).build().unwrap()),
            config,
            store: Arc::clone(&store),
            queue: signals.queue,
            bus: signals.bus,
            objects: Arc::new(StoredObjects::memory()),
            secrets: Arc::new(SealedSecretStore::new(Arc::clone(&store) as _, keys)),
            forge: Arc::new(Forges::new(github)),
            dispatch: None,
            runner: None,
            clock: Arc::clone(&clock) as _,
            shutdown: shutdown.clone(),
        });
        let mut server = Self {
            admin: "att_admin".to_owned(),
            store,
            clock,
            shutdown,
            github: fake,
            database,
            address,
            app,
            server: JoinSet::new(),
            links: JoinSet::new(),
            _directory: directory,
        };
        server.listen(listener);
        if let Some(link) = signals.link {
            let shutdown = server.shutdown.clone();
            server.links.spawn(link.run(shutdown));
        }
        server.add_token("admin", "att_admin", Role::Admin).await;
        server
    }

    fn listen(&mut self, listener: TcpListener) {
        let app = self.app.clone();
        self.server
            .spawn(async move { api::serve(app, listener).await.unwrap() });
    }

    /// What deletes its runs once they have ended so long ago.
    pub(super) fn retention(&self, keep: Duration) -> Retention {
        Retention::new(self.app.clone(), keep)
    }

    /// Waits until the server has come to its end by itself.
    pub(super) async fn ended(&mut self) {
        self.server.join_next().await.unwrap().unwrap();
    }

    pub(super) fn host(&self) -> String {
        self.address.to_string()
    }

    async fn add_token(&self, name: &str, text: &str, role: Role) -> ApiToken {
        let new = NewToken {
            name: name.to_owned(),
            role,
            project_id: None,
            expires_at: None,
            hash: Sha256::digest(text.as_bytes()).to_vec(),
        };
        self.store.create_token(new).await.unwrap()
    }

    /// A new token's text.
    pub(super) async fn token(&self, role: &str, project: Option<&str>) -> String {
        let body = json!({ "name": role, "role": role, "projectId": project });
        let created = self.post("/api/tokens", &body).await.is(201).json();
        created["token"].as_str().unwrap().to_owned()
    }

    /// Sends a request as it is and reads the whole reply.
    pub(super) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Reply {
        let host = self.host();
        let mut all = vec![];
        if !headers.iter().any(|(name, _)| *name == "host") {
            all.push(("host", host.as_str()));
        }
        all.extend_from_slice(headers);
        reply(self.address, request(method, path, &all, body)).await
    }

    /// Sends a request with a token, and a body if there is one.
    pub(super) async fn call(
        &self,
        token: &str,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Reply {
        let bearer = format!("Bearer {token}");
        let mut headers = vec![("authorization", bearer.as_str())];
        if body.is_some() {
            headers.push(("content-type", "application/json"));
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        self.send(method, path, &headers, &body).await
    }

    pub(super) async fn get(&self, path: &str) -> Reply {
        self.call(&self.admin, "GET", path, None).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Reply {
        self.call(&self.admin, "POST", path, Some(body)).await
    }

    /// What an administrator asks for without saying more.
    pub(super) async fn act(&self, path: &str) -> Reply {
        self.call(&self.admin, "POST", path, None).await
    }

    pub(super) async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.call(&self.admin, "PATCH", path, Some(body)).await
    }

    pub(super) async fn delete(&self, path: &str) -> Reply {
        self.call(&self.admin, "DELETE", path, None).await
    }

    /// Opens an event stream.
    pub(super) async fn events(&self, path: &str, headers: &[(&str, &str)]) -> Events {
        let bearer = format!("Bearer {}", self.admin);
        self.events_as(&bearer, path, headers).await
    }

    /// Opens an event stream as somebody else.
    pub(super) async fn events_as(
        &self,
        bearer: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Events {
        let host = self.host();
        let mut all = vec![("host", host.as_str()), ("authorization", bearer)];
        all.extend_from_slice(headers);
        Events::open(self.address, path, &all).await
    }

    /// A new project's id.
    pub(super) async fn project(&self, name: &str) -> String {
        let created = self.post("/api/projects", &json!({ "name": name })).await;
        let project = created.is(201).json()["id"].as_str().unwrap().to_owned();
        let about = json!({ "repository": "owner/name", "defaultBranch": "main" });
        self.patch(&format!("/api/projects/{project}"), &about)
            .await
            .is(200);
        project
    }

    /// A new attractor's id; its text is kept.
    pub(super) async fn attractor(&self, project: &str) -> String {
        let body = json!({
            "name": "build", "repoPath": "build.dot", "defaultRunType": "task", "content": PIPELINE,
        });
        let path = format!("/api/projects/{project}/attractors");
        let created = self.post(&path, &body).await.is(201).json();
        created["id"].as_str().unwrap().to_owned()
    }

    /// The body that creates a task run.
    pub(super) fn task(project: &str, attractor: &str) -> Value {
        json!({
            "projectId": project, "attractorDefId": attractor, "runType": "task",
            "sourceBranch": "main", "targetBranch": "attractor/task",
            "modelConfig": {"provider": "anthropic", "modelId": "claude-sonnet-4-5"},
        })
    }

    /// A new task run's id.
    pub(super) async fn run(&self, project: &str, attractor: &str) -> String {
        let created = self
            .post("/api/runs", &Self::task(project, attractor))
            .await;
        created.is(201).json()["runId"].as_str().unwrap().to_owned()
    }

    /// Gives the next run that waits to a runner with this token, as a dispatcher does.
    pub(super) async fn dispatch(&self, token: &str) -> LeasedRun {
        let lease = Lease {
            owner: "test".to_owned(),
            duration: Duration::from_secs(12),
            token_hash: Sha256::digest(token.as_bytes()).to_vec(),
        };
        let limits = ClaimLimits {
            global: 20,
            per_project: 5,
        };
        let now = attractor_server::domain::Clock::now(&*self.clock);
        self.store
            .claim(&lease, limits, now)
            .await
            .unwrap()
            .unwrap()
    }

    /// Cancels a run as a dispatcher does that has ended its processes.
    pub(super) async fn end(&self, run: &str) {
        let run = run.parse::<RunId>().unwrap();
        let attempt = self.store.run(&run).await.unwrap().attempt;
        let now = Clock::now(&*self.clock);
        let event = NewEvent::new(event_type::CANCELED, now, json!({}));
        let mut change = Change::new(Transition::Cancel, event);
        change.fence = Some(Fence(attempt));
        self.store.change_run(&run, change).await.unwrap();
    }

    /// A project and a run of it that a runner with this token has.
    pub(super) async fn leased(&self, token: &str) -> (String, String) {
        let project = self.project("Leased").await;
        let attractor = self.attractor(&project).await;
        let run = self.run(&project, &attractor).await;
        self.dispatch(token).await;
        (project, run)
    }

    /// The bundle of a planning run that a runner with this token carries to its end.
    pub(super) async fn planned(&self, project: &str, attractor: &str, token: &str) -> String {
        let mut body = Self::task(project, attractor);
        body["runType"] = "planning".into();
        self.post("/api/runs", &body).await.is(201);
        self.dispatch(token).await;
        let files = self.put_bundle_files(token).await;
        let made = self.tell(token, "bundle", &json!({ "files": files })).await;
        let bundle = made.is(201).json()["id"].as_str().unwrap().to_owned();
        let done = json!({ "outcome": "succeeded", "specBundleId": bundle });
        self.tell(token, "finish", &done).await.is(200);
        bundle
    }

    /// Stores what a bundle is made of: the files as the runner names them.
    pub(super) async fn put_bundle_files(&self, token: &str) -> Vec<Value> {
        let mut files = Vec::new();
        for name in BUNDLE_FILES {
            let text = format!("about {name}");
            let sum = sum(&text);
            let what = ("text/plain", sum.as_str());
            self.put_artifact(token, name, what, &text).await.is(201);
            files.push(json!({ "name": name, "sha256": sum }));
        }
        files
    }

    /// Stores an artifact of this type, of which this is said to be the sum.
    pub(super) async fn put_artifact(
        &self,
        token: &str,
        key: &str,
        (kind, sum): (&str, &str),
        text: &str,
    ) -> Reply {
        let bearer = format!("Bearer {token}");
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", kind),
            ("x-content-sha256", sum),
        ];
        let path = format!("/api/runner/artifacts/{key}");
        self.send("PUT", &path, &headers, text).await
    }

    /// What a runner says.
    pub(super) async fn tell(&self, token: &str, what: &str, body: &Value) -> Reply {
        let path = format!("/api/runner/{what}");
        self.call(token, "POST", &path, Some(body)).await
    }

    /// A run's status.
    pub(super) async fn status(&self, run: &str) -> String {
        let run = self
            .store
            .run(&run.parse::<RunId>().unwrap())
            .await
            .unwrap();
        run.status.to_string()
    }
}

/// A text's SHA-256 in hexadecimal.
pub(super) fn sum(text: &str) -> String {
    let sum = Sha256::digest(text);
    sum.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bus and the queue that go with a database.
struct Signals {
    queue: Arc<dyn Queue>,
    bus: Arc<dyn EventBus>,
    link: Option<PostgresLink>,
}

impl Signals {
    async fn of(database: &str) -> Self {
        if database.starts_with("sqlite") {
            return Self {
                queue: Arc::new(MemoryQueue::new()),
                bus: Arc::new(MemoryBus::new()),
                link: None,
            };
        }
        let (link, bus, queue) = PostgresLink::connect(database).await.unwrap();
        Self {
            queue: Arc::new(queue),
            bus: Arc::new(bus),
            link: Some(link),
        }
    }
}

/// SQLite in the directory, or PostgreSQL where there is one.
async fn database(directory: &TempDir) -> String {
    let server = std::env::var("ATTRACTOR_TEST_POSTGRES_URL").ok();
    match server.filter(|it| !it.is_empty()) {
        Some(server) => {
            let database = TestDatabase::postgres(&server).await.unwrap();
            database.url().to_owned()
        }
        None => {
            let path = directory.path().join("attractor.db");
            format!("sqlite://{}", path.display())
        }
    }
}

/// A fake GitHub and how it's asked; an address where there is none, if it isn't wanted.
async fn fake_github(
    clock: &Arc<TestClock>,
    is_wanted: bool,
) -> (Option<FakeGitHub>, GitHubOptions) {
    if !is_wanted {
        // No test asks the real one: nobody listens there.
        let options = GitHubOptions {
            api_url: "http://127.0.0.1:9".to_owned(),
            backoff: Duration::ZERO,
            ..GitHubOptions::default()
        };
        return (None, options);
    }
    let clock: Arc<dyn Clock> = Arc::clone(clock) as _;
    let hello = FakeRepository::new("octo/hello")
        .with_default_branch("trunk")
        .with_branch("attractor/work")
        .with_protected_branch("release/1");
    let github = FakeGitHub::start(clock).await.unwrap();
    github.add_repository(hello);
    let app = GitHubApp::new(FakeGitHub::APP_ID, &FakeGitHub::app_key()).unwrap();
    let options = GitHubOptions {
        api_url: github.url().to_owned(),
        app: Some(Arc::new(app.with_slug("factory"))),
        backoff: Duration::ZERO,
        ..GitHubOptions::default()
    };
    (Some(github), options)
}

/// An entry of the engine's journal as a runner tells it.
pub(super) fn entry(seq: i64, kind: &str, entry: Value) -> Value {
    let mut entry = entry;
    entry["version"] = 1.into();
    entry["seq"] = seq.into();
    entry["time"] = "2026-02-24T16:00:00.000Z".into();
    json!({
        "type": kind, "ts": "2026-02-24T16:00:00.000Z",
        "payload": {"runId": "x", "nodeId": entry["node"], "payload": entry},
    })
}

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{DataDir, Keys, Presence, Running, first_start};
use crate::app::{App, Parts};
use crate::bus::{EventBus, MemoryBus};
use crate::config::Config;
use crate::dispatch::{DispatchConfig, DispatchParts, Dispatcher, owner_in};
use crate::domain::{Error, ErrorKind, SystemClock};
use crate::forge::{CallbackState, Forges, GitHubForge, GitHubOptions};
use crate::http::PipelineService;
use crate::objects::StoredObjects;
use crate::queue::{MemoryQueue, Queue};
use crate::runner::{LocalRunner, LocalRunnerConfig};
use crate::secrets::SealedSecretStore;
use crate::store::{ClaimLimits, PostgresLink, SqlStore};

/// How a server is to be.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) config: Config,
    /// The address of its database; one in its directory, if none.
    pub(crate) database: Option<String>,
    /// What secrets are sealed with.
    pub(crate) keys: Keys,
    /// Where GitHub is, and the server's App.
    pub(crate) github: GitHubOptions,
    /// Whether no model is asked.
    pub(crate) simulate: bool,
}

impl Setup {
    /// Makes everything that the server needs.
    ///
    /// # Errors
    ///
    /// Says what is in the way: the port, the directory, the database, the key.
    pub(crate) async fn start(mut self) -> Result<Running, Error> {
        let directory = DataDir::lock(&self.config.data_dir)?;
        for root in self
            .config
            .repository_roots
            .iter()
            .filter(|it| !it.is_dir())
        {
            tracing::warn!(root = %root.display(), "no repository can be there: it isn't a directory");
        }
        let listener = listen(&mut self.config).await?;
        let clock: Arc<SystemClock> = Arc::new(SystemClock);
        let database = self.database.take();
        let database = database.unwrap_or_else(|| directory.database_url());
        let store = Arc::new(SqlStore::connect(&database).await?);
        let signals = Signals::of(&database).await?;
        let keys = self.keys.open()?;
        let callbacks = CallbackState::new(&*keys.derive("github callback")?);
        let secrets = SealedSecretStore::new(store.clone(), keys);
        secrets.check_keys().await?;
        let forge = Forges::new(GitHubForge::new(self.github.clone(), clock.clone())?);
        let pipelines = pipelines(&directory)?;
        let shutdown = CancellationToken::new();
        let runner = Arc::new(self.runner()?);
        let dispatched = DispatchParts {
            store: store.clone(),
            queue: signals.queue.clone(),
            bus: signals.bus.clone(),
            runner: runner.clone(),
        };
        let dispatcher = Dispatcher::new(dispatched, dispatch(&self.config)?);
        let app = App::new(Parts {
            objects: Arc::new(StoredObjects::local(directory.join("objects"))?),
            secrets: Arc::new(secrets),
            callbacks: Arc::new(callbacks),
            forge: Arc::new(forge),
            config: self.config,
            store,
            queue: signals.queue,
            bus: signals.bus,
            runner: Some(runner),
            dispatch: Some(dispatcher.handle()),
            pipelines: Some(pipelines.clone()),
            clock,
            shutdown: shutdown.clone(),
        });
        let (admin, token_file) = first_start::admin(&app, &directory).await?;
        let presence = Presence::tell(&directory, app.config().local_address())?;
        let sign_in_url = first_start::sign_in_url(&app, admin).await?;
        Ok(Running {
            app,
            listener,
            dispatcher,
            link: signals.link,
            pipelines,
            shutdown,
            sign_in_url,
            token_file,
            presence,
            _directory: directory,
        })
    }

    /// Runs are processes on this machine.
    fn runner(&self) -> Result<LocalRunner, Error> {
        let config = LocalRunnerConfig::new(&self.config.data_dir)?;
        Ok(LocalRunner::new(match self.simulate {
            true => config.argument("--simulate"),
            false => config,
        }))
    }
}

/// What wakes dispatchers and tells those who watch: within this process, or between all servers of one
/// PostgreSQL.
struct Signals {
    queue: Arc<dyn Queue>,
    bus: Arc<dyn EventBus>,
    link: Option<PostgresLink>,
}

impl Signals {
    async fn of(database: &str) -> Result<Self, Error> {
        if !database.starts_with("postgres") {
            return Ok(Self {
                queue: Arc::new(MemoryQueue::new()),
                bus: Arc::new(MemoryBus::new()),
                link: None,
            });
        }
        let (link, bus, queue) = PostgresLink::connect(database).await?;
        Ok(Self {
            queue: Arc::new(queue),
            bus: Arc::new(bus),
            link: Some(link),
        })
    }
}

/// The socket; a port that the system chooses becomes the configuration's.
async fn listen(config: &mut Config) -> Result<TcpListener, Error> {
    let address = config.listen;
    let failed = |error: std::io::Error| {
        let why = match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                "another program uses the port: choose one with --listen ADDRESS:PORT".to_owned()
            }
            _ => error.to_string(),
        };
        let message = format!("can't listen on {address}: {why}");
        Error::new(ErrorKind::Conflict, "cannot_listen", message).caused_by(error)
    };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    config.listen = listener.local_addr().map_err(failed)?;
    Ok(listener)
}

fn dispatch(config: &Config) -> Result<DispatchConfig, Error> {
    let owner = owner_in(&config.data_dir)?;
    let api = format!("http://{}", config.local_address());
    Ok(DispatchConfig::new(owner, api).limits(ClaimLimits {
        global: config.max_runs.into(),
        per_project: config.max_project_runs.into(),
    }))
}

/// HTTP mode, in a directory of its own.
fn pipelines(directory: &DataDir) -> Result<PipelineService, Error> {
    let failed = |error: &dyn std::fmt::Display| Error::unavailable(error.to_string());
    let workdir = directory.join("work");
    std::fs::create_dir_all(&workdir).map_err(|error| failed(&error))?;
    let builder = PipelineService::builder(directory.join("pipelines")).workdir(workdir);
    builder.build().map_err(|error| failed(&error))
}

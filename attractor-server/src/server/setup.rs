use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{DataDir, Running, first_start};
use crate::app::{App, Parts};
use crate::bus::MemoryBus;
use crate::config::Config;
use crate::dispatch::{DispatchConfig, DispatchParts, Dispatcher, owner_in};
use crate::domain::{Error, ErrorKind, SystemClock};
use crate::forge::{CallbackState, Forges, GitHubForge, GitHubOptions};
use crate::http::PipelineService;
use crate::objects::StoredObjects;
use crate::queue::MemoryQueue;
use crate::runner::{LocalRunner, LocalRunnerConfig};
use crate::secrets::{KeyFile, SealedSecretStore};
use crate::store::{ClaimLimits, SqlStore};

/// How a server is to be.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) config: Config,
    /// The address of its database; one in its directory, if none.
    pub(crate) database: Option<String>,
}

impl Setup {
    /// Makes everything that the server needs.
    ///
    /// # Errors
    ///
    /// Says what is in the way: the port, the directory, the database, the key.
    pub(crate) async fn start(mut self) -> Result<Running, Error> {
        let directory = DataDir::lock(&self.config.data_dir)?;
        let listener = listen(&mut self.config).await?;
        let clock: Arc<SystemClock> = Arc::new(SystemClock);
        let database = self.database.take();
        let database = database.unwrap_or_else(|| directory.database_url());
        let store = Arc::new(SqlStore::connect(&database).await?);
        let keys = KeyFile::new(directory.join("secrets.key")).open_or_create()?;
        let callbacks = CallbackState::new(&*keys.derive("github callback")?);
        let secrets = SealedSecretStore::new(store.clone(), keys);
        secrets.check_keys().await?;
        let forge = Forges::new(GitHubForge::new(GitHubOptions::default(), clock.clone())?);
        let pipelines = pipelines(&directory)?;
        let shutdown = CancellationToken::new();
        let (queue, bus) = (Arc::new(MemoryQueue::new()), Arc::new(MemoryBus::new()));
        let dispatched = DispatchParts {
            store: store.clone(),
            queue: queue.clone(),
            bus: bus.clone(),
            runner: Arc::new(LocalRunner::new(LocalRunnerConfig::new(
                &self.config.data_dir,
            )?)),
        };
        let dispatcher = Dispatcher::new(dispatched, dispatch(&self.config)?);
        let app = App::new(Parts {
            objects: Arc::new(StoredObjects::local(directory.join("objects"))?),
            secrets: Arc::new(secrets),
            callbacks: Arc::new(callbacks),
            forge: Arc::new(forge),
            config: self.config,
            store,
            queue,
            bus,
            pipelines: Some(pipelines.clone()),
            clock,
            shutdown: shutdown.clone(),
        });
        let (admin, token_file) = first_start::admin(&app, &directory).await?;
        let sign_in_url = first_start::sign_in_url(&app, admin).await?;
        Ok(Running {
            app,
            listener,
            dispatcher,
            pipelines,
            shutdown,
            sign_in_url,
            token_file,
            _directory: directory,
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

use std::future::Future;
use std::path::{Path, PathBuf};

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{DataDir, Presence};
use crate::api;
use crate::app::App;
use crate::dispatch::Dispatcher;
use crate::domain::Error;
use crate::http::PipelineService;
use crate::retention::Retention;
use crate::shutdown::{END, run_until};
use crate::store::PostgresLink;

/// A server that is ready to answer.
#[derive(Debug)]
pub(crate) struct Running {
    pub(super) app: App,
    pub(super) listener: TcpListener,
    pub(super) dispatcher: Dispatcher,
    /// To other servers on the same database.
    pub(super) link: Option<PostgresLink>,
    pub(super) pipelines: PipelineService,
    pub(super) shutdown: CancellationToken,
    pub(super) sign_in_url: String,
    pub(super) token_file: PathBuf,
    pub(super) presence: Presence,
    /// Held until the end: no other server may use it.
    pub(super) _directory: DataDir,
}

impl Running {
    /// Where its users find it.
    pub(crate) fn base_url(&self) -> String {
        self.app.config().base_url()
    }

    /// An address that signs one browser in, once.
    pub(crate) fn sign_in_url(&self) -> &str {
        &self.sign_in_url
    }

    /// The file with the administrator's token.
    pub(crate) fn token_file(&self) -> &Path {
        &self.token_file
    }

    /// Answers requests and gives runs to runners until `stop` is done, and comes to its end: streams
    /// are closed, requests answered. Runners on this machine go on, and are found by the next server.
    pub(crate) async fn run(self, stop: impl Future<Output = ()>) -> Result<(), Error> {
        let store = self.app.clone();
        let keep = self.app.config().keep_runs;
        let retention = keep.map(|keep| Retention::new(self.app.clone(), keep));
        let work = async {
            let answered = api::serve(self.app, self.listener);
            let dispatched = self.dispatcher.run(self.shutdown.clone());
            let heard = async {
                if let Some(link) = self.link {
                    link.run(self.shutdown.clone()).await;
                }
            };
            let expired = async {
                if let Some(retention) = retention {
                    retention.run(self.shutdown.clone()).await;
                }
            };
            let (answered, (), (), ()) = tokio::join!(answered, dispatched, heard, expired);
            answered
        };
        let stop = async {
            stop.await;
            // Before others may have the port.
            drop(self.presence);
        };
        let ended = run_until(work, stop, &self.shutdown, END).await;
        self.pipelines.shutdown().await;
        store.store().close().await;
        ended.unwrap_or(Ok(()))
    }
}

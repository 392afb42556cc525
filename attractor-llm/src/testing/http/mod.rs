//! The loopback HTTP server underneath the scripted and the replay server.

mod body;
mod record;
mod reply;

use std::convert::Infallible;
use std::error::Error as _;
use std::fmt::Debug;
use std::future::poll_fn;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;

use async_trait::async_trait;
use futures::future;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

pub(super) use self::body::{Body, Step, stepwise, writes};
pub use self::record::RecordedRequest;
pub(super) use self::record::{Records, receive};
pub(super) use self::reply::{EVENT_STREAM, JSON, respond, whole, with_headers};
use super::limits::MAX_CONNECTIONS;

/// Answers requests.
#[async_trait]
pub(super) trait Handler: Debug + Send + Sync + 'static {
    async fn handle(&self, request: Request<Incoming>) -> Response<Body>;
}

/// A server on a free loopback port; dropping it breaks its connections.
#[derive(Debug)]
pub(super) struct HttpServer {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    tasks: JoinSet<()>,
}

impl HttpServer {
    pub(super) async fn start(handler: Arc<impl Handler>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, handler, stopped));
        Ok(Self {
            address,
            stop: Some(stop),
            tasks,
        })
    }

    /// `http://127.0.0.1:PORT`.
    pub(super) fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Breaks the connections and waits until all is gone.
    pub(super) async fn shutdown(mut self) {
        drop(self.stop.take());
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Serves until the sender of `stopped` is gone, then breaks the connections and waits for them.
async fn serve(listener: TcpListener, handler: Arc<impl Handler>, stopped: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    future::select(pin!(accept(&listener, &handler, &mut connections)), stopped).await;
    connections.shutdown().await;
}

async fn accept(
    listener: &TcpListener,
    handler: &Arc<impl Handler>,
    connections: &mut JoinSet<()>,
) -> Infallible {
    loop {
        while connections.try_join_next().is_some() {}
        if connections.len() >= MAX_CONNECTIONS {
            connections.join_next().await;
        }
        // A connection that failed before it was accepted is the client's to notice.
        if let Ok((socket, _)) = listener.accept().await {
            connections.spawn(connection(socket, Arc::clone(handler)));
        }
    }
}

async fn connection(socket: TcpStream, handler: Arc<impl Handler>) {
    // Without it a small event may wait for the acknowledgement of the one before.
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(%error, "loopback server: set_nodelay");
    }
    let answer = service_fn(move |request| {
        let handler = Arc::clone(&handler);
        Box::pin(async move { Ok::<_, Infallible>(handler.handle(request).await) })
    });
    let mut served = http1::Builder::new().serve_connection(TokioIo::new(socket), answer);
    let Err(error) = poll_fn(|context| served.poll_without_shutdown(context)).await else {
        return;
    };
    tracing::debug!(%error, "loopback server: connection ended");
    if is_reset(&error) {
        let socket = served.into_parts().io.into_inner();
        // Closing then discards what is unsent and tells the client with a reset.
        if let Err(error) = socket.set_zero_linger() {
            tracing::debug!(%error, "loopback server: set_zero_linger");
        }
    }
}

/// Whether a body asked for the connection to be reset.
fn is_reset(error: &hyper::Error) -> bool {
    let cause = error
        .source()
        .and_then(|cause| cause.downcast_ref::<io::Error>());
    cause.is_some_and(|cause| cause.kind() == io::ErrorKind::ConnectionReset)
}

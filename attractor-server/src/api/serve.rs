use std::net::SocketAddr;

use tokio::net::TcpListener;

use super::router;
use crate::app::App;
use crate::domain::Error;

/// Answers requests, and looks after its event streams, until the server is to end, and then those that are under way.
///
/// # Errors
///
/// [`ErrorKind::Unavailable`](crate::domain::ErrorKind::Unavailable) if the socket fails.
pub async fn serve(app: App, listener: TcpListener) -> Result<(), Error> {
    let shutdown = app.shutdown().clone();
    let watching = app.clone();
    let looked = watching.lookout().run(&watching);
    let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
    let served = axum::serve(listener, service)
        .with_graceful_shutdown(shutdown.cancelled_owned())
        .into_future();
    let ended = tokio::select! {
        ended = served => ended,
        () = looked => Ok(()),
    };
    ended.map_err(|error| Error::unavailable("the server's socket failed").caused_by(error))
}

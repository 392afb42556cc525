//! HTTP mode: pipelines submitted, watched, answered and stopped over HTTP (feature `http`).
//!
//! [`PipelineService`] runs pipelines, several at a time, and keeps each in a run directory below
//! its root; [`router`] serves it. Any axum program can mount the router beside its own routes:
//!
//! ```no_run
//! use attractor_server::http::{self, PipelineService};
//!
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! let service = PipelineService::builder("runs").workdir("/src/project").build()?;
//! let app = axum::Router::new()
//!     .route("/", axum::routing::get(async || "hello"))
//!     .merge(http::router(service.clone()));
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//! axum::serve(listener, app).await?;
//! service.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! The router knows nobody: who may reach it may run commands on this machine. It refuses requests
//! that another site's page makes (by their `Origin`), and leaves authentication to the program
//! that mounts it.
//!
//! `docs/http.md` has the endpoints with examples.
//!
//! Source: attractor-spec 9.5.

mod error;
mod feed;
mod id;
mod limits;
mod options;
mod problem;
mod questions;
mod routes;
mod running;
mod service;
mod status;
mod store;
mod view;
mod views;

pub use self::error::{Error, ErrorKind};
pub use self::id::PipelineId;
pub use self::options::{PipelineServiceBuilder, Submission};
pub use self::questions::PendingQuestion;
#[cfg(feature = "serve")]
pub(crate) use self::questions::checked as checked_answer;
pub use self::routes::router;
pub use self::service::PipelineService;
pub use self::status::{PipelineState, PipelineStatus, PipelineSummary};

//! What the control plane knows, kept in a database: the only truth about projects and runs.
//!
//! [`Store`] is what is asked of a database, in one trait a table; one implementation does it with SQLite
//! (one machine) and with PostgreSQL. Every other part of the server is given a `dyn Store`.
//!
//! Errors of all methods: [`ErrorKind::NotFound`](crate::domain::ErrorKind::NotFound) for what isn't
//! there, [`Conflict`](crate::domain::ErrorKind::Conflict) for what exists already or is in another
//! state, [`Unavailable`](crate::domain::ErrorKind::Unavailable) while the database can't be reached
//! or is locked, and [`Internal`](crate::domain::ErrorKind::Internal) for what it shouldn't say.

mod artifacts;
mod attractors;
mod audit;
mod bundles;
mod events;
mod lease;
mod postgres;
mod projects;
mod questions;
mod run_pipelines;
mod runs;
mod secrets;
mod sessions;
mod settings;
mod sql;
mod tokens;

pub use self::artifacts::Artifacts;
pub use self::attractors::Attractors;
pub use self::audit::Audit;
pub use self::bundles::Bundles;
pub use self::events::{Appended, Events};
pub use self::lease::{ClaimLimits, Deferral, Fence, Lease, LeasedRun, Leases, StopRequest};
pub use self::postgres::{PostgresBus, PostgresLink, PostgresQueue};
pub use self::projects::Projects;
pub use self::questions::Questions;
pub use self::run_pipelines::RunPipelines;
pub use self::runs::{Change, IdempotencyKey, RunFilter, RunSum, Runs};
pub use self::secrets::{SealedValues, Secrets};
pub use self::sessions::{NewWebSession, WebSession, WebSessions};
pub use self::settings::{Settings, SignInLink};
pub use self::sql::SqlStore;
#[cfg(feature = "testing")]
pub use self::sql::{DatabaseLock, TestDatabase};
pub use self::tokens::Tokens;

use async_trait::async_trait;

use crate::domain::Error;

/// A database with all tables.
#[async_trait]
pub trait Store:
    Projects
    + Secrets
    + Attractors
    + Runs
    + RunPipelines
    + Leases
    + Events
    + Artifacts
    + Bundles
    + Questions
    + Tokens
    + WebSessions
    + Settings
    + Audit
{
    /// Whether the database answers.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::domain::ErrorKind::Unavailable).
    async fn ping(&self) -> Result<(), Error>;

    /// Gives back all connections; waits for what is under way.
    async fn close(&self);
}

/// The traits can be used behind a pointer.
const _: Option<&dyn Store> = None;

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a suite fails by panicking"
)]

mod attractors;
mod concurrency;
mod events;
mod leases;
mod outputs;
mod people;
mod projects;
mod questions;
mod runs;
mod secrets;
mod world;

pub use self::world::running_run;
use std::sync::Arc;

use futures::future::BoxFuture;

use crate::store::Store;

/// Opens one database, as another server would each time.
pub type Open = Arc<dyn Fn() -> BoxFuture<'static, Arc<dyn Store>> + Send + Sync>;

/// What every [`Store`] must satisfy. `database` makes an empty database each time, and gives what
/// opens it.
///
/// # Panics
///
/// If the store doesn't satisfy it.
pub async fn store_suite<F: Future<Output = Open>>(database: impl Fn() -> F) {
    projects::suite(database().await).await;
    attractors::suite(database().await).await;
    secrets::suite(database().await).await;
    runs::suite(database().await).await;
    leases::suite(database().await).await;
    events::suite(database().await).await;
    outputs::suite(database().await).await;
    questions::suite(database().await).await;
    people::suite(database().await).await;
    concurrency::suite(database().await).await;
}

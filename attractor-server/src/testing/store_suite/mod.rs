#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a suite fails by panicking"
)]

mod leases;
mod projects;
mod runs;
mod world;

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
    runs::suite(database().await).await;
    leases::suite(database().await).await;
}

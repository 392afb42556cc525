//! The suites that every implementation of a trait of the server passes. Feature `testing`.

mod store_suite;

pub use self::store_suite::{Open, store_suite};
pub use crate::store::TestDatabase;

//! Fakes, and the suites that every implementation of a trait of the server passes. Feature `testing`.

mod bus_suite;
mod clock;
mod fake_github;
mod forge_suite;
mod object_store_suite;
mod queue_suite;
mod runner_suite;
mod secret_store_suite;
mod store_suite;

pub use self::bus_suite::bus_suite;
pub use self::clock::TestClock;
pub use self::fake_github::{FakeGitHub, FakeRepository, Fault, Recorded};
pub use self::forge_suite::forge_suite;
pub use self::object_store_suite::object_store_suite;
pub use self::queue_suite::queue_suite;
pub use self::runner_suite::{runner_launch, runner_suite};
pub use self::secret_store_suite::secret_store_suite;
pub use self::store_suite::{Open, running_run, store_suite};
pub use crate::store::{DatabaseLock, TestDatabase};

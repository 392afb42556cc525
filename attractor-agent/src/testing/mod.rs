//! Suites and checkers for those who implement this crate's traits; feature `testing`.

pub mod environment_suite;
mod memory_environment;

pub use self::memory_environment::MemoryEnvironment;

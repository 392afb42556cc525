//! The handler of model stages and the backend it hands the prompt to.

mod backend;

pub use self::backend::{CodergenBackend, CodergenRequest, CodergenResult};

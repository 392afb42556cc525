//! The run as a value: no input or output, no clock, no randomness.

mod event;
mod history;
pub mod limits;

pub use self::event::{EdgeRule, JournalEntry, JumpReason, RunEvent};
pub use self::history::History;

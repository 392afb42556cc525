//! Fakes, and the suites that every implementation of a trait passes. Feature `testing`.

mod crash_after;
mod event_log;
pub mod fuzzing;
mod handler_suite;
mod interviewer_suite;
mod journal_suite;
mod script;
mod scripted;

pub use self::crash_after::{Crash, CrashAfter};
pub use self::event_log::{event_line, event_log, run_dot};
pub use self::handler_suite::handler_suite;
pub use self::interviewer_suite::interviewer_suite;
pub use self::journal_suite::journal_suite;
pub use self::script::{Act, Script, ScriptedAttempt};
pub use self::scripted::{ScriptedBackend, ScriptedHandler};

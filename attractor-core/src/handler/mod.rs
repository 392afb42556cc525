//! What executes a node: the interface, what it's given, and the built-in handlers.

mod budget;
pub mod codergen;
mod conditional;
mod exit;
mod fan_in;
pub(crate) mod manager_loop;
pub(crate) mod mapping;
mod parallel;
mod progress;
mod registry;
mod sink;
mod stage;
mod start;
mod status;
mod sub_pipeline;
mod tool;
mod wait_human;

use std::fmt::Debug;

use async_trait::async_trait;

use crate::Error;
use crate::state::Outcome;

pub use self::budget::Budget;
pub use self::codergen::{CodergenBackend, CodergenHandler, CodergenRequest, CodergenResult};
pub use self::conditional::ConditionalHandler;
pub use self::exit::ExitHandler;
pub use self::fan_in::FanInHandler;
pub use self::manager_loop::ManagerLoopHandler;
pub use self::parallel::ParallelHandler;
pub use self::progress::{ChildUpdate, HookKind, StageProgress};
pub use self::registry::HandlerRegistry;
pub use self::sink::{ProgressReceiver, ProgressSink};
pub use self::stage::StageContext;
pub use self::start::StartHandler;
pub use self::sub_pipeline::SubPipelineHandler;
pub use self::tool::ToolHandler;
pub use self::wait_human::WaitHumanHandler;

pub(crate) use self::tool::end_left_over;

/// Executes the nodes of one type.
///
/// Source: attractor-spec 4.1 and 4.12.
#[async_trait]
pub trait Handler: Debug + Send + Sync + 'static {
    /// Executes one attempt of a node and says how it went.
    ///
    /// # Behavior
    ///
    /// - Keeps no state between calls that a restarted process would miss.
    /// - May be executed again for the same attempt after a crash, with an empty stage directory.
    /// - Stops when its future is dropped. One that holds something outside of the future also
    ///   watches [`StageContext::cancel`], lets go at once and returns; its outcome is discarded.
    /// - A panic is caught by the engine and counts as a failure.
    ///
    /// # Errors
    ///
    /// An error counts as a failure with the error's text;
    /// [`ErrorKind::Terminal`](crate::ErrorKind::Terminal) and
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) aren't retried.
    async fn execute(&self, stage: &StageContext) -> Result<Outcome, Error>;

    /// Whether the handler enforces the node's `timeout` itself, because it has something to do
    /// when time is up. Otherwise the engine drops its future and records a failure.
    fn enforces_timeout(&self) -> bool {
        false
    }

    /// Whether its attempts have a directory and, in it, a `status.json`. One that needs neither
    /// may say no, which saves the system most of the time that such a stage takes on disk; its
    /// outcome is in the journal all the same.
    fn keeps_files(&self) -> bool {
        true
    }
}

const _: Option<&dyn Handler> = None;

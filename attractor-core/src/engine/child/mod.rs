//! Runs of other pipelines as the work of a stage: prepared with their parent, executed by the
//! same engine, kept below the stage's directory.

mod observer;
mod preparation;
mod runs;
mod sources;
mod telemetry;

use std::collections::BTreeMap;

use self::sources::Sources;

pub(super) use self::observer::Observer;
pub(super) use self::preparation::Preparation;
pub(crate) use self::preparation::child_dotfile;
pub use self::runs::{ChildHandle, ChildOptions, ChildRun, ChildRuns};
pub use self::telemetry::{ChildStatus, Telemetry};

/// The texts that a pipeline names, shared by those that name them.
#[derive(Clone, Debug, Default)]
pub(super) struct Includes(Sources);

impl Includes {
    fn of(sources: &Sources) -> Self {
        Self(sources.clone())
    }

    /// What a manifest keeps.
    pub(super) fn to_manifest(&self) -> BTreeMap<String, String> {
        self.0.to_includes()
    }
}

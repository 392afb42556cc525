//! What a process that executes a run and the control plane say to each other.
//!
//! The bodies of all requests and responses below `/api/runner`. Both sides are of this crate:
//! `attractor runner` asks and the API answers. A run's process sees nothing of the control plane
//! but this: no database, no queue, no object store, no other run.
//!
//! Source: `docs/runner-api.md`.

mod access;
mod bundle;
mod confidential;
mod credential;
mod events;
mod finish;
mod heartbeat;
mod journal;
mod names;
mod pull_request;
mod specification;

pub use self::access::RunnerAccess;
pub use self::bundle::{NewBundle, NewBundleFile};
pub use self::confidential::Confidential;
pub use self::credential::RunnerCredential;
pub use self::events::{EventBatch, EventsStored, RunnerEvent};
pub use self::finish::{Finish, RunOutcome};
pub use self::heartbeat::Heartbeat;
pub use self::journal::JournalPage;
pub use self::names::event_type_of;
pub use self::pull_request::{PullRequestWanted, RunPullRequest};
pub use self::specification::{
    AttractorSource, BundleFileInfo, BundleSource, ProjectName, RepositorySource, RerunSource,
    RunSpecification, RunnerLimits,
};

//! What the control plane is about: projects, pipelines ("attractors"), runs and what belongs to
//! them, as values that can't be wrong.
//!
//! Everything here is data and pure functions. The rows that are stored, the JSON that the API
//! answers with and the values that the rest of the server passes around are the same types.
//!
//! Source: control-plane contract, sections 1, 3.1 and 5.

mod artifact;
mod attractor;
mod audit;
mod branch;
mod bundle;
mod clock;
mod error;
mod event;
mod id;
mod limits;
mod model_config;
mod name;
mod network;
mod page;
mod project;
mod question;
mod repo_path;
mod repository;
mod run;
mod run_status;
mod secret;
mod target;
mod timestamp;
mod token;

pub use self::artifact::{Artifact, ArtifactKey, NewArtifact};
pub use self::attractor::{AttractorDef, AttractorVersion, NewAttractor, NewAttractorVersion};
pub use self::audit::{AuditEntry, NewAuditEntry};
pub use self::branch::BranchName;
pub use self::bundle::{BUNDLE_FILES, BundleFile, BundleManifest, SCHEMA_VERSION, SpecBundle};
pub use self::clock::{Clock, SystemClock};
pub use self::error::{Error, ErrorKind};
pub use self::event::{NewEvent, RunEvent, event_type};
pub use self::id::{
    ArtifactId, AttractorId, AuditId, BundleId, EventId, ProjectId, QuestionId, RunId, SecretId,
    TokenId, VersionId,
};
pub use self::model_config::{ModelConfig, ReasoningLevel};
pub use self::name::{Namespace, slug};
pub use self::network::{ReachPolicy, is_public};
pub use self::page::{Cursor, Page, PageRequest};
pub use self::project::{NewProject, Project, ProjectChange};
pub use self::question::{NewQuestion, QuestionStatus, RunQuestion};
pub use self::repo_path::RepoPath;
pub use self::repository::Repository;
pub use self::run::{NewRun, Run, RunPipeline, RunType};
pub use self::run_status::{RunStatus, Transition};
pub use self::secret::{NewSecret, ProjectSecret};
pub use self::target::check_target_branch;
pub use self::timestamp::Timestamp;
pub use self::token::{ApiToken, NewToken, Principal, Role};

#![doc = include_str!("../README.md")]

pub mod artifact;
pub mod condition;
pub mod dot;
pub mod engine;
mod env;
mod error;
pub mod fidelity;
#[cfg(feature = "git")]
mod git;
pub mod graph;
pub mod handler;
pub mod interviewer;
pub mod journal;
mod limits;
pub mod lint;
mod process;
pub mod run;
pub mod state;
pub mod stylesheet;
#[cfg(feature = "testing")]
pub mod testing;
mod text;
pub mod transform;

pub use artifact::{ArtifactInfo, ArtifactStore};
pub use async_trait::async_trait;
pub use condition::{Condition, ConditionError};
pub use dot::Span;
pub use engine::{
    ChildHandle, ChildOptions, ChildRun, ChildRuns, ChildStatus, Engine, EngineBuilder, EngineRun,
    Pipeline, PrepareError, ResumeOptions, RunHandle, RunOptions, RunReport, RunStatus, RunUpdate,
    SteeringInbox, Telemetry,
};
pub use error::{Error, ErrorKind};
pub use fidelity::Fidelity;
pub use graph::{
    AttrError, AttrType, AttrValue, DuplicateNode, Edge, EdgeCondition, Element, Graph, GraphAttrs,
    InvalidNodeId, Node, NodeId, Origin, Shape, attribute_names, attribute_type,
};
pub use handler::{
    Budget, ChildUpdate, CodergenBackend, CodergenHandler, CodergenRequest, CodergenResult,
    FanInHandler, Handler, HandlerRegistry, HookKind, ManagerLoopHandler, ParallelHandler,
    ProgressReceiver, ProgressSink, StageContext, StageProgress, SubPipelineHandler, ToolHandler,
    WaitHumanHandler,
};
pub use interviewer::{
    Answer, AnswerValue, AutoApproveInterviewer, CallbackInterviewer, ConsoleInterviewer,
    Interviewer, Question, QuestionKind, QuestionOption, QueueInterviewer, Recorded,
    RecordingInterviewer, ReplayInterviewer,
};
pub use journal::{Journal, JournalReader, Manifest, MemoryJournal, RunDirectory};
pub use lint::{
    Diagnostic, Edit, LintRule, Severity, ValidationError, Validator, sort_diagnostics, validate,
    validate_or_error,
};
pub use run::{
    BranchEnd, BranchPath, BudgetLimits, ChildState, Commit, CommitCause, EdgeRule, Hop, HopRule,
    JoinPolicy, JournalEntry, JumpReason, Limit, LimitReached, Run, RunEvent, Spent, StageKey,
    Step, UsageTotals,
};
pub use state::{Checkpoint, Context, FailureKind, Outcome, StageStatus, StatusFile};
pub use stylesheet::{Stylesheet, StylesheetError};
pub use transform::Transform;

//! Drives a run: executes handlers, keeps the journal, tells those who listen.

mod attempt;
mod back;
mod branches;
mod child;
pub(crate) mod clock;
mod drive;
#[cfg_attr(not(feature = "git"), path = "no_files.rs")]
mod files;
mod handle;
mod large_values;
mod options;
mod prepare;
mod purse;
mod report;
mod start;
mod steering;

use std::sync::Arc;

use crate::handler::codergen::{CodergenBackend, CodergenHandler};
use crate::handler::{
    FanInHandler, Handler, HandlerRegistry, ManagerLoopHandler, SubPipelineHandler, ToolHandler,
    WaitHumanHandler,
};
use crate::interviewer::Interviewer;
use crate::lint::LintRule;
use crate::transform::Transform;

pub use self::back::{Forked, Rewound};
pub use self::child::{ChildHandle, ChildOptions, ChildRun, ChildRuns, ChildStatus, Telemetry};
pub use self::drive::EngineRun;
pub use self::handle::{RunHandle, RunUpdate};
pub use self::options::{ResumeOptions, RunOptions};
pub use self::prepare::{Pipeline, PrepareError};
pub use self::report::{RunReport, RunStatus};
pub use self::steering::SteeringInbox;

pub(crate) use self::child::child_dotfile;
pub(crate) use self::steering::Steering;

/// Prepares pipelines and runs them. Cheap to clone.
///
/// ```
/// use attractor_core::{Engine, RunOptions, RunStatus};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // Without a backend, model stages are simulated.
/// let engine = Engine::builder().build();
/// let pipeline = engine.prepare(
///     "digraph hello {
///          start [shape=Mdiamond]
///          greet [prompt=\"Say hello\"]
///          exit [shape=Msquare]
///          start -> greet -> exit
///      }",
/// )?;
/// let run = engine.start(&pipeline, RunOptions::in_memory()).await?;
/// let report = run.execute().await?;
/// assert_eq!(report.status, RunStatus::Success);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Engine(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    registry: HandlerRegistry,
    transforms: Vec<Arc<dyn Transform>>,
    lint_rules: Vec<Arc<dyn LintRule>>,
}

impl Engine {
    /// An engine to be, with the built-in handlers.
    pub fn builder() -> EngineBuilder {
        EngineBuilder::default()
    }

    /// The handlers.
    pub fn registry(&self) -> &HandlerRegistry {
        &self.0.registry
    }
}

/// What an engine is made of.
#[derive(Debug, Default)]
pub struct EngineBuilder {
    backend: Option<Arc<dyn CodergenBackend>>,
    interviewer: Option<Arc<dyn Interviewer>>,
    handlers: Vec<(String, Arc<dyn Handler>)>,
    transforms: Vec<Arc<dyn Transform>>,
    lint_rules: Vec<Arc<dyn LintRule>>,
}

impl EngineBuilder {
    /// Sets what executes model stages; without a backend they are simulated.
    #[must_use]
    pub fn backend(mut self, backend: Arc<dyn CodergenBackend>) -> Self {
        self.backend = Some(backend);
        self
    }

    /// Sets who answers at human gates; without an interviewer a pipeline with such a gate isn't
    /// accepted.
    #[must_use]
    pub fn interviewer(mut self, interviewer: Arc<dyn Interviewer>) -> Self {
        self.interviewer = Some(interviewer);
        self
    }

    /// Sets the handler of a type of nodes; it replaces a built-in one.
    #[must_use]
    pub fn handler(mut self, kind: impl Into<String>, handler: Arc<dyn Handler>) -> Self {
        self.handlers.push((kind.into(), handler));
        self
    }

    /// Adds a transform, which runs after the built-in ones and those added before.
    #[must_use]
    pub fn transform(mut self, transform: Arc<dyn Transform>) -> Self {
        self.transforms.push(transform);
        self
    }

    /// Adds a lint rule, which runs after the built-in ones and those added before.
    #[must_use]
    pub fn lint_rule(mut self, rule: Arc<dyn LintRule>) -> Self {
        self.lint_rules.push(rule);
        self
    }

    /// The engine.
    pub fn build(self) -> Engine {
        let mut registry = HandlerRegistry::new();
        let fan_in = FanInHandler::new(self.backend.clone());
        registry.register("parallel.fan_in", Arc::new(fan_in));
        let manager = ManagerLoopHandler::new(self.backend.clone());
        registry.register("stack.manager_loop", Arc::new(manager));
        registry.register("stack.sub_pipeline", Arc::new(SubPipelineHandler));
        registry.register("codergen", Arc::new(CodergenHandler::new(self.backend)));
        registry.register("tool", Arc::new(ToolHandler::new()));
        if let Some(interviewer) = self.interviewer {
            registry.register("wait.human", Arc::new(WaitHumanHandler::new(interviewer)));
        }
        for (kind, handler) in self.handlers {
            registry.register(kind, handler);
        }
        Engine(Arc::new(Parts {
            registry,
            transforms: self.transforms,
            lint_rules: self.lint_rules,
        }))
    }
}

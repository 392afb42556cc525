//! The handler that supervises a run of another pipeline.

mod decision;
pub(crate) mod settings;
mod view;

use std::pin::pin;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::time::{Instant, sleep};

use self::decision::Decision;
use self::settings::Settings;
use self::view::View;
use super::codergen::{ask, prompt};
use super::status::reported;
use super::{CodergenBackend, CodergenResult, Handler, StageContext, StageProgress, sub_pipeline};
use crate::Error;
use crate::engine::{ChildHandle, RunStatus};
use crate::state::{FailureKind, Outcome};
use crate::transform::{expand_context, expand_goal};

/// What a model is told about how to answer.
const HOW_TO_ANSWER: &str = "\
Decide what to do now. End your answer with a line that begins with one of these words:
CONTINUE - let it go on
STEER: <message> - tell its agent something; it goes on
STOP: <why> - stop it, because it has done enough
ESCALATE: <why> - stop it, because it won't succeed";

/// Supervises a run of another pipeline in cycles: observes it, steers it, stops it.
///
/// - The child is a run of its own, as that of a [`SubPipelineHandler`](super::SubPipelineHandler)
///   with the same attributes; the stage ends with it, and it never outlives the stage.
/// - A cycle follows every `manager.poll_interval` (45 s), at most `manager.max_cycles` (1,000) of
///   them; then the stage fails. `manager.actions` has the parts of a cycle: `observe`, `steer`,
///   `wait`. Without `wait`, a cycle follows every stage of the child.
/// - Once `manager.stop_condition` holds, the child is stopped and the stage succeeds. Once
///   `manager.guard_condition` doesn't hold any more, the child is stopped and the stage fails.
///   Conditions see `stack.child.*` and, as `stack.child.context.<key>`, the child's context.
/// - With a prompt, a model decides in each cycle: to continue, to steer, to stop or to escalate.
///   `manager.steer_message` is sent, at most once every `manager.steer_cooldown`, while
///   `manager.steer_condition` holds.
///
/// Source: attractor-spec 4.11.
#[derive(Clone, Debug, Default)]
pub struct ManagerLoopHandler {
    backend: Option<Arc<dyn CodergenBackend>>,
}

impl ManagerLoopHandler {
    /// A handler that asks this backend; without one, only the conditions decide.
    pub fn new(backend: Option<Arc<dyn CodergenBackend>>) -> Self {
        Self { backend }
    }
}

#[async_trait]
impl Handler for ManagerLoopHandler {
    async fn execute(&self, stage: &StageContext) -> Result<Outcome, Error> {
        let settings = Settings::of(stage);
        if !settings.autostart {
            return Ok(without_child(stage, &settings));
        }
        let child = sub_pipeline::open(stage).await?;
        let handle = child.handle();
        let loops = Loop {
            backend: self.backend.as_deref(),
            stage,
            settings: &settings,
            child: &handle,
        };
        let mut execution = pin!(child.execute());
        let verdict = tokio::select! {
            biased;
            report = &mut execution => Err(report?),
            verdict = loops.supervise() => Ok(verdict),
        };
        let (verdict, report) = match verdict {
            Err(report) => (None, report),
            Ok(verdict) => {
                handle.run().cancel();
                (Some(verdict), execution.await?)
            }
        };
        let telemetry = handle.telemetry();
        match verdict {
            // A child that ended in this moment has the last word.
            Some(verdict) if report.status == RunStatus::Cancelled => {
                let mut outcome = verdict?;
                outcome.context_updates = sub_pipeline::updates(stage, &report, &telemetry);
                Ok(outcome)
            }
            _ => sub_pipeline::finish(stage, &report, &telemetry),
        }
    }
}

/// A manager that starts no child can only go by what the context says about one.
fn without_child(stage: &StageContext, settings: &Settings) -> Outcome {
    let view = View::new(stage, None);
    let known = |key: &str| view.lookup(key).unwrap_or_default();
    if known("stack.child.status") == "failed" {
        return Outcome::fail("Child failed");
    }
    if known("stack.child.outcome") == "success" {
        return Outcome::success().with_notes("Child completed");
    }
    if settings.stop.as_ref().is_some_and(|stop| view.holds(stop)) {
        return Outcome::success().with_notes("Stop condition satisfied");
    }
    let text = "there is no child to supervise: stack.child_autostart is false, and no stage \
                before has run one";
    Outcome::fail(text).with_failure_kind(FailureKind::Terminal)
}

/// The cycles of one attempt.
#[derive(Clone, Copy, Debug)]
struct Loop<'a> {
    backend: Option<&'a dyn CodergenBackend>,
    stage: &'a StageContext,
    settings: &'a Settings,
    child: &'a ChildHandle,
}

impl Loop<'_> {
    /// Watches the child until there is a reason to stop it; says which.
    async fn supervise(self) -> Result<Outcome, Error> {
        let done = self.stage.child().map_or(0, |child| child.cycle);
        let mut steered: Option<Instant> = None;
        // There is nothing to see before it has begun.
        self.child.begun().await;
        for cycle in done.saturating_add(1)..=self.settings.max_cycles {
            let telemetry = self.settings.observes.then(|| self.child.telemetry());
            let view = View::new(self.stage, telemetry);
            let may_steer = steered.is_none_or(|last| last.elapsed() >= self.settings.cooldown);
            let (decision, outcome) = self.look(&view, may_steer).await?;
            self.report(cycle, &decision);
            if let Some(outcome) = outcome {
                return Ok(outcome);
            }
            if let Decision::Steer(message) = decision {
                steered = Some(Instant::now());
                if let Err(error) = self.child.run().steer(message) {
                    self.warn(format!("the child wasn't steered: {error}"));
                }
            }
            if self.settings.waits {
                sleep(self.settings.poll_interval).await;
            } else {
                self.child.changed().await;
            }
        }
        Ok(Outcome::fail("Max cycles exceeded"))
    }

    /// One look at the child: what to do, and the stage's outcome if that is its end.
    async fn look(
        self,
        view: &View,
        may_steer: bool,
    ) -> Result<(Decision, Option<Outcome>), Error> {
        let settings = self.settings;
        if let Some(guard) = settings.guard.as_ref().filter(|guard| !view.holds(guard)) {
            let reason = format!("the guard condition doesn't hold any more: {guard}");
            let outcome = Outcome::fail(reason.clone());
            return Ok((Decision::Escalate(reason), Some(outcome)));
        }
        if settings.stop.as_ref().is_some_and(|stop| view.holds(stop)) {
            let notes = "Stop condition satisfied";
            let outcome = Outcome::success().with_notes(notes);
            return Ok((Decision::Stop(notes.to_owned()), Some(outcome)));
        }
        let decision = match (self.backend, may_steer) {
            (Some(backend), true) if !self.stage.node().prompt.is_empty() => {
                self.ask(backend, view).await?
            }
            _ => Decision::Continue,
        };
        let outcome = match &decision {
            Decision::Stop(why) => Some(Outcome::success().with_notes(format!("Stopped: {why}"))),
            Decision::Escalate(why) => Some(Outcome::fail(format!("escalated: {why}"))),
            Decision::Continue | Decision::Steer(_) => None,
        };
        let decision = match decision {
            Decision::Continue if may_steer => self.fixed_message(view),
            other => other,
        };
        Ok((decision, outcome))
    }

    /// The message that the node has for its child, if this is the time for it.
    fn fixed_message(self, view: &View) -> Decision {
        let settings = self.settings;
        let wanted = settings
            .steer
            .as_ref()
            .is_none_or(|steer| view.holds(steer));
        match &settings.message {
            Some(message) if settings.steers && wanted => {
                let message = expand_goal(message, &self.stage.graph().attrs().goal);
                let lookup = |key: &str| view.lookup(&format!("context.{key}"));
                Decision::Steer(expand_context(&message, lookup).into_owned())
            }
            _ => Decision::Continue,
        }
    }

    /// What a model decides. One that can't be reached now decides nothing.
    async fn ask(self, backend: &dyn CodergenBackend, view: &View) -> Result<Decision, Error> {
        let task = prompt::task(self.stage);
        let text = format!("{task}\n\n{}\n{HOW_TO_ANSWER}", view.render());
        let (said, response) = match ask(backend, self.stage, &text).await {
            Ok(CodergenResult::Outcome { outcome, response }) => (Some(outcome), response),
            Ok(CodergenResult::Text(response)) => (reported(self.stage), response),
            Err(error) if error.is_retryable() => {
                self.warn(format!("the model wasn't asked: {}", error.chain()));
                return Ok(Decision::Continue);
            }
            Err(error) => return Err(error),
        };
        let decision = Decision::find(said.as_ref(), &response);
        Ok(match decision {
            Some(Decision::Steer(_)) if !self.settings.steers => {
                self.warn("the model wants to steer, which manager.actions leaves out".to_owned());
                Decision::Continue
            }
            Some(decision) => decision,
            None => {
                self.warn("the model's answer names no decision".to_owned());
                Decision::Continue
            }
        })
    }

    fn report(self, cycle: u32, decision: &Decision) {
        let (action, message) = match decision {
            Decision::Continue => ("observe", None),
            Decision::Steer(message) => ("steer", Some(message)),
            Decision::Stop(why) => ("stop", Some(why)),
            Decision::Escalate(why) => ("escalate", Some(why)),
        };
        self.stage.progress().send(StageProgress::ManagerCycle {
            cycle,
            action: action.to_owned(),
            message: message.cloned(),
        });
    }

    fn warn(self, message: String) {
        self.stage
            .progress()
            .send(StageProgress::Warning { message });
    }
}

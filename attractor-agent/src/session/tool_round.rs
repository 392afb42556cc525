//! One round of tool calls: every call gets exactly one result, in order.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use attractor_llm::{ToolCall, ToolResultData};
use futures::FutureExt as _;

use super::{Session, SessionGuard, deltas, schedule};
use crate::{
    event::EventKind,
    limits,
    subagent::Parent,
    tool::{Access, Call, Finished, OutputLimits, Places, ToolContext},
};

impl Session {
    /// Runs the calls of a response and adds their results to the history; whether the host lets
    /// the session go no further.
    pub(super) async fn run_tools(&mut self, calls: &[ToolCall]) -> bool {
        let round = Round {
            session: self,
            limits: self.output_limits(),
            variables: Arc::new(self.config.variables.clone()),
            guard: self.shared.bus.guard(),
            parent: self.as_parent(),
            stopped: AtomicBool::new(false),
        };
        let wanted = &calls[..calls.len().min(limits::TOOL_CALLS_PER_ROUND)];
        let accesses = round.accesses(wanted).await;
        let mut finished =
            schedule::run(&accesses, |at| round.run(at, &wanted[at], true).boxed()).await;
        for (at, call) in calls.iter().enumerate().skip(wanted.len()) {
            finished.push(round.run(at, call, false).await);
        }
        let stopped = round.stopped.load(Ordering::Relaxed);
        for (call, finished) in calls.iter().zip(&finished) {
            self.loops.push(call, &finished.fingerprint);
        }
        self.history.settle();
        stopped
    }
}

/// What the calls of a round have in common.
struct Round<'a> {
    session: &'a Session,
    limits: OutputLimits,
    variables: Arc<BTreeMap<String, String>>,
    guard: Option<Arc<dyn SessionGuard>>,
    parent: Option<Arc<Parent>>,
    /// Whether the guard has refused a call, and with it all that come after.
    stopped: AtomicBool,
}

impl Round<'_> {
    /// What each call does, with its paths as the environment resolves them.
    async fn accesses(&self, calls: &[ToolCall]) -> Vec<Access> {
        let alone = Access::Writes(Places::Anywhere);
        if !self.session.profile.supports_parallel_tool_calls() || calls.len() < 2 {
            return vec![alone; calls.len()];
        }
        let access = |call: &ToolCall| {
            let tool = self.session.tools.get(&call.name);
            // What isn't executed touches nothing.
            let Some(tool) = tool.filter(|_| call.invalid.is_none()) else {
                return Access::Reads(Places::nowhere());
            };
            let asked = catch_unwind(AssertUnwindSafe(|| tool.access(&call.arguments)));
            asked.unwrap_or_else(|_| alone.clone())
        };
        let mut accesses: Vec<Access> = calls.iter().map(access).collect();
        for access in &mut accesses {
            self.resolve(access.places_mut()).await;
        }
        accesses
    }

    /// Paths as the environment has them; one that can't be resolved may be any.
    async fn resolve(&self, places: &mut Places) {
        let Places::Paths(paths) = places else {
            return;
        };
        for path in paths {
            let Ok(resolved) = self.session.environment.canonical_path(path).await else {
                *places = Places::Anywhere;
                return;
            };
            *path = resolved;
        }
    }

    /// Runs a call and keeps its result at once, so that it isn't lost if the round is.
    async fn run(&self, at: usize, call: &ToolCall, wanted: bool) -> Finished {
        let mut finished = if self.is_stopped() {
            Finished::refused("The call was not executed: a limit of the host is reached.")
        } else {
            self.told(call, wanted).await
        };
        let history = &self.session.history;
        history.answer_call(at, result(call, &mut finished));
        finished
    }

    /// Runs a call between the events of its start and its end.
    async fn told(&self, call: &ToolCall, wanted: bool) -> Finished {
        let session = self.session;
        let tool = session.tools.get(&call.name);
        session.emit(EventKind::ToolCallStart {
            call_id: call.id.clone(),
            tool_name: call.name.clone(),
            arguments: call.arguments.clone(),
            summary: tool
                .map(|tool| tool.summary(&call.arguments))
                .unwrap_or_default(),
        });
        let finished = if session.shared.abort.is_cancelled() {
            Finished::refused("The call was not executed: the session was aborted.")
        } else if !wanted {
            Finished::refused("The call was not executed: too many calls in one response.")
        } else {
            self.guarded(call).await
        };
        session.emit(EventKind::ToolCallEnd {
            call_id: call.id.clone(),
            tool_name: call.name.clone(),
            output: Arc::clone(&finished.full),
            is_error: finished.is_error,
            duration_ms: finished.duration.as_millis().try_into().unwrap_or(u64::MAX),
        });
        finished
    }

    /// Whether the guard stands against this call, or stood against one before.
    fn is_stopped(&self) -> bool {
        let allowed = |guard: &Arc<dyn SessionGuard>| guard.may_call_tool();
        let stopped =
            self.stopped.load(Ordering::Relaxed) || !self.guard.as_ref().is_none_or(allowed);
        self.stopped.store(stopped, Ordering::Relaxed);
        stopped
    }

    /// Runs a call, if the guard lets it.
    async fn guarded(&self, call: &ToolCall) -> Finished {
        let Some(guard) = &self.guard else {
            return self.call(call).run().await;
        };
        let about = self.call(call);
        if let Err(reason) = guard.before_tool_call(call, &about.context).await {
            return Finished::refused(format!("The call was not executed: {reason}"));
        }
        let context = about.context.clone();
        let finished = about.run().await;
        guard
            .after_tool_call(call, &finished.full, finished.is_error, &context)
            .await;
        finished
    }

    fn call<'b>(&'b self, call: &'b ToolCall) -> Call<'b> {
        let session = self.session;
        let (default, max) = self.timeouts();
        let context = ToolContext::new(Arc::clone(&session.environment))
            .with_cancel(session.shared.abort.clone())
            .with_cancel_grace(session.config.abort_grace())
            .with_variables(Arc::clone(&self.variables))
            .with_timeouts(default, max)
            .with_parent(self.parent.clone())
            .with_whole_work(session.whole_work.clone())
            .with_output(deltas::sink(Arc::clone(&session.shared), call.id.clone()));
        Call {
            call,
            registry: &session.tools,
            limits: &self.limits,
            context,
        }
    }

    fn timeouts(&self) -> (Duration, Duration) {
        const DEFAULT_MS: u64 = 10_000;
        let (config, profile) = (&self.session.config, &self.session.profile);
        let default = config
            .default_command_timeout_ms
            .or_else(|| profile.default_command_timeout_ms())
            .unwrap_or(DEFAULT_MS);
        let max = Duration::from_millis(config.max_command_timeout_ms);
        (Duration::from_millis(default).min(max), max)
    }
}

/// What the model is shown of a call, taken out of what came of it.
fn result(call: &ToolCall, finished: &mut Finished) -> ToolResultData {
    let shown = std::mem::take(&mut finished.shown);
    let result = ToolResultData::new(&call.id, shown).is_error(finished.is_error);
    match finished.image.take() {
        Some(image) => result.image(image),
        None => result,
    }
}

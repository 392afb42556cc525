//! One round of tool calls: every call gets exactly one result, in order.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use attractor_llm::{ToolCall, ToolResultData};
use futures::{FutureExt as _, StreamExt as _, future::BoxFuture, stream};

use super::{Session, SessionGuard, handle::Shared};
use crate::{
    environment::{OutputSink, OutputStream},
    event::EventKind,
    limits,
    tool::{Call, Finished, OutputLimits, ToolContext},
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
            stopped: AtomicBool::new(false),
        };
        let mut finished = Vec::with_capacity(calls.len());
        for batch in calls.chunk_by(|a, b| round.may_run_together(a, b)) {
            let at_once = if round.is_read_only(batch) {
                limits::PARALLEL_TOOL_CALLS
            } else {
                1
            };
            let first = finished.len();
            // Boxed: the compiler can't see that a stream of borrowing futures may change threads.
            let running: Vec<BoxFuture<'_, Finished>> = (first..)
                .zip(batch)
                .map(|(at, call)| round.run(call, at).boxed())
                .collect();
            finished.extend(
                stream::iter(running)
                    .buffered(at_once)
                    .collect::<Vec<_>>()
                    .await,
            );
        }
        let stopped = round.stopped.load(Ordering::Relaxed);
        for (call, finished) in calls.iter().zip(&finished) {
            self.loops.push(call, &finished.fingerprint);
        }
        let results = calls
            .iter()
            .zip(finished)
            .map(|(call, finished)| result(call, finished));
        self.history.push_results(results.collect());
        stopped
    }
}

/// What the calls of a round have in common.
struct Round<'a> {
    session: &'a Session,
    limits: OutputLimits,
    variables: Arc<BTreeMap<String, String>>,
    guard: Option<Arc<dyn SessionGuard>>,
    /// Whether the guard has refused a call, and with it all that come after.
    stopped: AtomicBool,
}

impl Round<'_> {
    /// Only calls that change nothing run at the same time: two edits of one file would lose one.
    fn may_run_together(&self, left: &ToolCall, right: &ToolCall) -> bool {
        self.session.profile.supports_parallel_tool_calls()
            && self.is_read_only(std::slice::from_ref(left))
            && self.is_read_only(std::slice::from_ref(right))
    }

    fn is_read_only(&self, calls: &[ToolCall]) -> bool {
        calls.iter().all(|call| {
            self.session
                .tools
                .get(&call.name)
                .is_some_and(|tool| tool.is_read_only())
        })
    }

    async fn run(&self, call: &ToolCall, position: usize) -> Finished {
        let session = self.session;
        if self.is_stopped() {
            return Finished::refused("The call was not executed: a limit of the host is reached.");
        }
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
        } else if position >= limits::TOOL_CALLS_PER_ROUND {
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
            .with_variables(Arc::clone(&self.variables))
            .with_timeouts(default, max)
            .with_output(deltas(Arc::clone(&session.shared), call.id.clone()));
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

fn result(call: &ToolCall, finished: Finished) -> ToolResultData {
    let result = ToolResultData::new(&call.id, finished.shown).is_error(finished.is_error);
    match finished.image {
        Some(image) => result.image(image),
        None => result,
    }
}

/// A sink that turns output into events, whole characters at a time.
fn deltas(shared: Arc<Shared>, call_id: String) -> OutputSink {
    let pending = Mutex::new((0_usize, [Vec::new(), Vec::new()]));
    OutputSink::new(move |stream, chunk| {
        let mut pending = pending.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, buffers) = &mut *pending;
        *count += 1;
        if *count > limits::OUTPUT_DELTAS_PER_CALL {
            return;
        }
        let buffer = &mut buffers[usize::from(stream == OutputStream::Stderr)];
        buffer.extend_from_slice(chunk);
        let delta = take_characters(buffer);
        if !delta.is_empty() {
            shared.bus.emit(EventKind::ToolCallOutputDelta {
                call_id: call_id.clone(),
                delta,
            });
        }
    })
}

/// Takes all but a character that isn't complete yet.
fn take_characters(buffer: &mut Vec<u8>) -> String {
    let incomplete = match std::str::from_utf8(buffer) {
        Err(error) if error.error_len().is_none() => buffer.len() - error.valid_up_to(),
        // Bytes that will never be a character are shown as such; only the end can be incomplete.
        Err(_) => (1..=3.min(buffer.len()))
            .find(|&back| buffer[buffer.len() - back] & 0xc0 == 0xc0)
            .unwrap_or(0),
        Ok(_) => 0,
    };
    let rest = buffer.split_off(buffer.len() - incomplete);
    let taken = std::mem::replace(buffer, rest);
    String::from_utf8_lossy(&taken).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_split_across_chunks_stays_whole() {
        let mut buffer = "aé".as_bytes()[..2].to_vec();
        assert_eq!(take_characters(&mut buffer), "a");
        buffer.push("é".as_bytes()[1]);
        assert_eq!(take_characters(&mut buffer), "é");
        assert!(buffer.is_empty());
    }
}

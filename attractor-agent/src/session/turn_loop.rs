//! The loop (coding-agent-loop-spec 2.5); all control flow is here.

use std::sync::Arc;

use attractor_llm::{ErrorKind as LlmErrorKind, FinishReasonKind, Response};
use tokio::time::timeout;

use super::{
    Session, StopReason, Submission,
    handle::{Shared, closed, message},
    question::is_question,
    state::SessionState,
    turn::AssistantTurn,
};
use crate::{
    error::{Error, ErrorKind},
    event::{EventKind, LimitKind},
    limits,
};

impl Session {
    /// Works on an input until the model answers without calling a tool, a limit is reached, or
    /// the session is aborted; then on the follow-ups that were queued meanwhile.
    ///
    /// # Errors
    /// `InvalidInput` for a text without content; `Closed` after the session's end; `Model` when a request failed for good: the session is
    /// closed then, unless trying again may help or the conversation has become too long.
    pub async fn submit(&mut self, input: impl Into<String>) -> Result<Submission, Error> {
        let input = message(input.into())?;
        if self.shared.abort.is_cancelled() || !self.shared.set(SessionState::Processing) {
            self.shared.end("aborted");
            return Err(closed());
        }
        let mut submission = Submission::new();
        let _working = self.config.budget.work();
        let dropped = EndOnDrop(Some(Arc::clone(&self.shared)));
        let result = self.process_all(input, &mut submission).await;
        dropped.disarm();
        self.history.settle();
        self.note_spent();
        let saved = self.history.save();
        let result = match result {
            Ok(StopReason::Aborted) | Err(_) => result,
            Ok(stop) => saved.map(|()| stop),
        };
        match result {
            Ok(StopReason::Aborted) => {
                submission.stop = StopReason::Aborted;
                self.shut_down("aborted").await;
            }
            Ok(stop) => {
                submission.stop = stop;
                self.rest(&submission);
            }
            Err(error) => {
                self.fail(&error, &submission).await;
                return Err(error);
            }
        }
        Ok(submission)
    }

    async fn process_all(
        &mut self,
        input: String,
        submission: &mut Submission,
    ) -> Result<StopReason, Error> {
        let shared = Arc::clone(&self.shared);
        tokio::select! {
            biased;
            () = shared.abort.cancelled() => return Ok(StopReason::Aborted),
            started = self.begin() => started?,
        }
        let mut stop = self.process(input, submission).await?;
        while matches!(stop, StopReason::Completed | StopReason::ToolRoundLimit) {
            let Some(next) = self.shared.next_follow_up() else {
                break;
            };
            stop = self.process(next, submission).await?;
        }
        Ok(stop)
    }

    /// Makes the session ready for an input; the calls of a dropped one have done by then what they do
    /// to its end.
    async fn begin(&mut self) -> Result<(), Error> {
        let done = timeout(limits::WHOLE_WORK_WAIT, self.whole_work.wait()).await;
        if done.is_err() {
            self.warn("a call of the input that was dropped is still changing files");
        }
        self.start().await
    }

    async fn process(
        &mut self,
        input: String,
        submission: &mut Submission,
    ) -> Result<StopReason, Error> {
        self.history.push_user(input.clone());
        self.emit(EventKind::UserInput { content: input });
        self.drain_steering();
        let mut rounds = 0;
        let mut invalid_rounds = 0;
        loop {
            if self.shared.abort.is_cancelled() {
                return Ok(StopReason::Aborted);
            }
            if let Some(stop) = self.limit_reached(rounds) {
                return Ok(stop);
            }
            let Some(response) = self.call_model().await? else {
                return Ok(StopReason::Aborted);
            };
            let calls = response.tool_calls();
            self.record(response, submission);
            if calls.is_empty() {
                // A message that came while the model gave its last answer is answered too.
                if self.drain_steering() {
                    continue;
                }
                self.tell_of_running_subagents();
                return Ok(StopReason::Completed);
            }
            rounds += 1;
            let stopped = self.run_tools(&calls).await;
            self.note_spent();
            if self.shared.abort.is_cancelled() {
                return Ok(StopReason::Aborted);
            }
            if stopped {
                return Ok(self.host_limit());
            }
            invalid_rounds = match calls.iter().all(|call| call.invalid.is_some()) {
                true => invalid_rounds + 1,
                false => 0,
            };
            if invalid_rounds == limits::INVALID_TOOL_ROUNDS {
                self.warn("no tool call of the last answers could be executed");
                return Ok(StopReason::InvalidToolCalls);
            }
            self.drain_steering();
            self.detect_loop();
        }
    }

    fn limit_reached(&self, rounds: u32) -> Option<StopReason> {
        let config = &self.config;
        let reached = |limit: u32, count: u32| limit > 0 && count >= limit;
        let (limit, value, stop) = if reached(config.max_tool_rounds_per_input, rounds) {
            (
                LimitKind::ToolRounds,
                rounds.into(),
                StopReason::ToolRoundLimit,
            )
        } else if reached(config.max_turns, self.history.responses()) {
            (
                LimitKind::Turns,
                config.max_turns.into(),
                StopReason::TurnLimit,
            )
        } else if let Some((limit, value)) = config.budget.reached() {
            (limit, value, StopReason::BudgetLimit)
        } else if self.shared.bus.guard()?.may_call_model() {
            return None;
        } else {
            return Some(self.host_limit());
        };
        self.emit(EventKind::TurnLimit { limit, value });
        Some(stop)
    }

    fn host_limit(&self) -> StopReason {
        let (limit, value) = (LimitKind::Host, 0);
        self.emit(EventKind::TurnLimit { limit, value });
        StopReason::HostLimit
    }

    fn record(&mut self, response: Response, submission: &mut Submission) {
        submission.text = response.text();
        submission.finish_reason = Some(response.finish_reason.reason);
        submission.usage += response.usage.clone();
        submission.responses += 1;
        let cost = self.charge(&response);
        self.emit(EventKind::AssistantTextEnd {
            text: submission.text.clone(),
            reasoning: response.reasoning(),
            provider: response.provider.clone(),
            model: response.model.clone(),
            finish_reason: response.finish_reason.reason,
            usage: response.usage.clone(),
            cost_micro_usd: cost,
            tool_calls: response.tool_calls().len(),
        });
        if response.finish_reason.reason == FinishReasonKind::Length {
            self.warn("the answer was cut off by its token limit");
        }
        for warning in &response.warnings {
            if self.provider_warnings.is_new(&warning.message) {
                self.warn(&warning.message);
            }
        }
        self.history.push_answer(AssistantTurn::new(response, cost));
    }

    /// Whether there was anything to inject.
    fn drain_steering(&mut self) -> bool {
        let messages = self.shared.take_steering();
        let mut any = !messages.is_empty();
        for content in messages {
            self.history.push_steering(content.clone());
            self.emit(EventKind::SteeringInjected { content });
        }
        for content in self.shared.take_system_messages() {
            any = true;
            self.history.push_system(content.clone());
            self.emit(EventKind::SystemInjected { content });
        }
        any
    }

    fn detect_loop(&mut self) {
        if !self.config.enable_loop_detection {
            return;
        }
        let Some(length) = self.loops.take_loop() else {
            return;
        };
        let message = format!(
            "Loop detected: the last {} tool calls repeat a pattern of {length} with the same \
             results. Try a different approach.",
            self.config.loop_detection_window
        );
        self.history.push_steering(message.clone());
        self.emit(EventKind::LoopDetection { message });
    }

    pub(super) fn watch_context(&mut self) {
        let fixed = self.prompts.current().map_or(0, |prompt| prompt.chars);
        if let Some(percent) = self.context.check(self.history.chars() + fixed) {
            self.warn(&format!("Context usage at ~{percent}% of context window"));
        }
    }

    /// They go on working, but nobody waits for them.
    fn tell_of_running_subagents(&self) {
        let agents = self.shared.subagents.list();
        let running = agents.iter().filter(|agent| agent.is_running());
        let ids: Vec<&str> = running.map(|agent| agent.id()).collect();
        if !ids.is_empty() {
            self.warn(&format!("subagents still at work: {}", ids.join(", ")));
        }
    }

    pub(super) fn warn(&self, message: &str) {
        self.emit(EventKind::Warning {
            message: message.to_owned(),
        });
    }

    fn rest(&self, submission: &Submission) {
        let asks = submission.stop == StopReason::Completed && is_question(&submission.text);
        let state = if asks {
            SessionState::AwaitingInput
        } else {
            SessionState::Idle
        };
        self.shared.set(state);
        self.emit(EventKind::ProcessingEnd { state });
    }

    async fn fail(&self, error: &Error, submission: &Submission) {
        if error
            .llm()
            .is_some_and(|llm| llm.kind() == LlmErrorKind::ContextLength)
        {
            self.warn("the conversation no longer fits into the model's context window");
        }
        let (message, retryable) = (error.to_string(), error.is_retryable());
        self.emit(EventKind::Error { message, retryable });
        if goes_on_after(error) {
            self.rest(submission);
        } else {
            self.shut_down(&error.to_string()).await;
        }
    }

    /// Ends the session when what its subagents run has ended (coding-agent-loop-spec appendix B).
    async fn shut_down(&self, reason: &str) {
        self.shared
            .end_subagents("the session that it worked for has ended");
        self.shared.subagents.wait_until_gone().await;
        self.shared.end(reason);
    }
}

/// Ends the subagents when the future of an input is dropped: dropping it stops all that works.
#[derive(Debug)]
struct EndOnDrop(Option<Arc<Shared>>);

impl EndOnDrop {
    fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        if let Some(shared) = &self.0 {
            shared.end_subagents("the input of the session that it worked for was dropped");
        }
    }
}

/// Whether a session is still of use after this failure (coding-agent-loop-spec appendix B).
fn goes_on_after(error: &Error) -> bool {
    use LlmErrorKind::{ContextLength, RequestTimeout};
    match error.llm() {
        Some(llm) => llm.is_retryable() || matches!(llm.kind(), ContextLength | RequestTimeout),
        None => error.kind() != ErrorKind::Closed,
    }
}

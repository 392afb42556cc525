//! What a stage reports while it works, and the way it takes to the engine.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::interviewer::{Answer, Question};
use crate::run::limits::PROGRESS_QUEUE;

/// Something a stage reports while it works.
///
/// The engine appends every report to the run's journal, except the two deltas, which only live
/// readers of the run's events see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum StageProgress {
    /// A model is asked.
    ModelRequestStarted {
        /// Key of the provider.
        provider: String,
        /// The model.
        model: String,
    },
    /// A model has answered; the numbers count against the run's budget.
    ModelResponse {
        /// Key of the provider.
        provider: String,
        /// The model.
        model: String,
        /// Tokens of the request, those from the cache included.
        input_tokens: u64,
        /// Tokens of the answer.
        output_tokens: u64,
        /// Tokens of the answer that were spent on reasoning.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reasoning_tokens: Option<u64>,
        /// Tokens of the request that came from the provider's cache.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cache_read_tokens: Option<u64>,
        /// Tokens of the request that were put into the provider's cache.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cache_write_tokens: Option<u64>,
        /// What the answer cost, in millionths of a US dollar; nothing where it isn't known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cost_micro_usd: Option<u64>,
    },
    /// A tool call of the model begins.
    ToolCallStarted {
        /// The call.
        call_id: String,
        /// Name of the tool.
        tool: String,
        /// What it's about to do, in one line.
        summary: String,
    },
    /// A tool call of the model has ended.
    ToolCallCompleted {
        /// The call.
        call_id: String,
        /// Name of the tool.
        tool: String,
        /// Whether it failed.
        is_error: bool,
        /// What came out, in one line.
        summary: String,
    },
    /// A finished message of the model.
    Text {
        /// The message.
        text: String,
    },
    /// A piece of a message. Live only.
    TextDelta {
        /// The piece.
        text: String,
    },
    /// A piece of a tool's output. Live only.
    ToolOutputDelta {
        /// The call; for a tool node, the node's id.
        call_id: String,
        /// The piece.
        text: String,
    },
    /// Something a person should know.
    Warning {
        /// What.
        message: String,
    },
    /// A person is asked.
    InterviewStarted {
        /// The question.
        question: Question,
    },
    /// A person has answered.
    InterviewCompleted {
        /// The answer.
        answer: Answer,
        /// How long it took.
        duration_ms: u64,
    },
    /// Nobody answered in time.
    InterviewTimeout {
        /// How long was waited.
        duration_ms: u64,
    },
}

impl StageProgress {
    /// Whether the report isn't journaled.
    pub fn is_live_only(&self) -> bool {
        matches!(self, Self::TextDelta { .. } | Self::ToolOutputDelta { .. })
    }

    /// The report's name in the journal, for example `model_response`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ModelRequestStarted { .. } => "model_request_started",
            Self::ModelResponse { .. } => "model_response",
            Self::ToolCallStarted { .. } => "tool_call_started",
            Self::ToolCallCompleted { .. } => "tool_call_completed",
            Self::Text { .. } => "text",
            Self::TextDelta { .. } => "text_delta",
            Self::ToolOutputDelta { .. } => "tool_output_delta",
            Self::Warning { .. } => "warning",
            Self::InterviewStarted { .. } => "interview_started",
            Self::InterviewCompleted { .. } => "interview_completed",
            Self::InterviewTimeout { .. } => "interview_timeout",
        }
    }
}

/// The way from a stage to the engine: cheap to clone, keeps order, never blocks.
///
/// ```
/// use attractor_core::{ProgressSink, StageProgress};
///
/// let (sink, mut reports) = ProgressSink::channel();
/// sink.send(StageProgress::Warning { message: "no tests found".to_owned() });
/// assert!(reports.try_recv().is_some());
/// assert!(reports.try_recv().is_none());
/// ```
#[derive(Clone, Debug)]
pub struct ProgressSink(Option<Arc<Shared>>);

/// The end of a [`ProgressSink`] at which reports come out.
#[derive(Debug)]
pub struct ProgressReceiver(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    ready: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    reports: VecDeque<StageProgress>,
    dropped: u64,
}

impl ProgressSink {
    /// A sink and the receiver it leads to.
    pub fn channel() -> (Self, ProgressReceiver) {
        let shared = Arc::new(Shared::default());
        (Self(Some(Arc::clone(&shared))), ProgressReceiver(shared))
    }

    /// A sink that leads nowhere.
    pub fn discard() -> Self {
        Self(None)
    }

    /// Reports something.
    ///
    /// A stage that reports tens of thousands of times without ever yielding loses what is beyond
    /// the queue's limit; a warning in the journal then says how much.
    pub fn send(&self, report: StageProgress) {
        let Some(shared) = &self.0 else { return };
        let mut queue = shared.lock();
        if queue.reports.len() >= PROGRESS_QUEUE {
            queue.dropped += 1;
            return;
        }
        queue.reports.push_back(report);
        drop(queue);
        shared.ready.notify_one();
    }
}

impl ProgressReceiver {
    /// The next report, if there is one already.
    pub fn try_recv(&mut self) -> Option<StageProgress> {
        let mut queue = self.0.lock();
        if let Some(report) = queue.reports.pop_front() {
            return Some(report);
        }
        let dropped = std::mem::take(&mut queue.dropped);
        (dropped > 0).then(|| StageProgress::Warning {
            message: format!("{dropped} progress reports were dropped: the stage never yielded"),
        })
    }

    /// The next report, waiting for it. Never ends by itself; dropping the future loses nothing.
    pub async fn recv(&mut self) -> StageProgress {
        loop {
            let ready = Arc::clone(&self.0);
            let notified = ready.ready.notified();
            if let Some(report) = self.try_recv() {
                return report;
            }
            notified.await;
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // No code that holds the lock can panic between two changes that belong together.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn reports_keep_their_order_and_overflow_is_counted() {
        let (sink, mut reports) = ProgressSink::channel();
        for number in 0..PROGRESS_QUEUE + 3 {
            sink.send(StageProgress::Text {
                text: number.to_string(),
            });
        }
        for number in 0..PROGRESS_QUEUE {
            assert_eq!(
                reports.recv().await,
                StageProgress::Text {
                    text: number.to_string()
                }
            );
        }
        let StageProgress::Warning { message } = reports.recv().await else {
            panic!("no warning")
        };
        assert!(message.starts_with("3 progress reports"), "{message}");
        assert_eq!(reports.try_recv(), None);
    }
}

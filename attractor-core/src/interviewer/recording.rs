use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::{Answer, Interviewer, Question};
use crate::Error;
use crate::run::limits::ANSWER_CLOCK_SLACK_MS;

/// A question and how it was answered: a line of a recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    clippy::exhaustive_structs,
    reason = "attractor-spec 6.4: a question and its answer"
)]
pub struct Recorded {
    /// The question.
    pub question: Question,
    /// The answer.
    pub answer: Answer,
}

/// Passes questions to another interviewer and keeps what was asked and answered, for a
/// [`ReplayInterviewer`](super::ReplayInterviewer) or for an audit.
///
/// A question whose time ran out is recorded as answered by a timeout.
///
/// Source: attractor-spec 6.4.
#[derive(Debug)]
pub struct RecordingInterviewer {
    inner: Arc<dyn Interviewer>,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    recordings: Vec<Recorded>,
    file: Option<File>,
}

impl RecordingInterviewer {
    /// An interviewer around another one.
    pub fn new(inner: Arc<dyn Interviewer>) -> Self {
        Self {
            inner,
            kept: Mutex::default(),
        }
    }

    /// Also appends each question with its answer to a file, one JSON object a line.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the file can't be written.
    pub fn with_file(self, path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let file = OpenOptions::new().append(true).create(true).open(path);
        let file = file.map_err(|error| Error::io(format!("open {}", path.display()), error))?;
        self.kept().file = Some(file);
        Ok(self)
    }

    /// Everything asked and answered so far, in order.
    pub fn recordings(&self) -> Vec<Recorded> {
        self.kept().recordings.clone()
    }

    fn record(&self, question: &Question, answer: &Answer) -> Result<(), Error> {
        let recorded = Recorded {
            question: question.clone(),
            answer: answer.clone(),
        };
        let mut kept = self.kept();
        if let Some(file) = &mut kept.file {
            let mut line = serde_json::to_vec(&recorded).unwrap_or_default();
            line.push(b'\n');
            file.write_all(&line)
                .map_err(|error| Error::io("record an answer", error))?;
        }
        kept.recordings.push(recorded);
        Ok(())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // A push under the lock can't be torn by a panic.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A question that is being asked; records a timeout when it's dropped because time ran out.
struct Asked<'a> {
    interviewer: &'a RecordingInterviewer,
    question: &'a Question,
    since: Instant,
    answered: bool,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        let limit = self.question.timeout_ms.map(Duration::from_millis);
        // The clock of whoever waits was started a moment before this one.
        let waited = self.since.elapsed() + Duration::from_millis(ANSWER_CLOCK_SLACK_MS);
        if !self.answered && limit.is_some_and(|limit| waited >= limit) {
            // There is nobody to tell of a failure; the next answer's record will fail too.
            let _ = self.interviewer.record(self.question, &Answer::timeout());
        }
    }
}

#[async_trait]
impl Interviewer for RecordingInterviewer {
    async fn ask(&self, question: &Question) -> Result<Answer, Error> {
        let mut asked = Asked {
            interviewer: self,
            question,
            since: Instant::now(),
            answered: false,
        };
        let answer = self.inner.ask(question).await?;
        asked.answered = true;
        self.record(question, &answer)?;
        Ok(answer)
    }

    async fn ask_multiple(&self, questions: &[Question]) -> Result<Vec<Answer>, Error> {
        let answers = self.inner.ask_multiple(questions).await?;
        for (question, answer) in questions.iter().zip(&answers) {
            self.record(question, answer)?;
        }
        Ok(answers)
    }

    async fn inform(&self, message: &str, stage: &str) -> Result<(), Error> {
        self.inner.inform(message, stage).await
    }
}

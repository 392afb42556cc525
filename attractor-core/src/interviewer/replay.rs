use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use serde::Deserialize;

use super::{Answer, AnswerValue, Interviewer, Question, QuestionKind, Recorded};
use crate::run::normalize_label;
use crate::{Error, ErrorKind};

/// Answers as a recording says, or a list of answers that a person has written.
///
/// Each question gets the first answer for its stage that wasn't given yet, so that the order of
/// questions in parallel branches doesn't count. A question without an answer, or with one that
/// doesn't fit it, is an error that says what was asked and what there is.
///
/// ```
/// use attractor_core::ReplayInterviewer;
///
/// let interviewer = ReplayInterviewer::parse(
///     r#"{"stage": "review", "answer": "Approve"}
///        {"stage": "deploy", "answer": "yes"}"#,
/// )?;
/// assert_eq!(interviewer.left(), 2);
/// # Ok::<(), attractor_core::Error>(())
/// ```
///
/// Source: attractor-spec 6.4.
#[derive(Debug)]
pub struct ReplayInterviewer {
    left: Mutex<Vec<Line>>,
}

/// A line of a file with answers.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Line {
    Recorded(Box<Recorded>),
    Written { stage: String, answer: String },
}

impl Line {
    fn stage(&self) -> &str {
        match self {
            Self::Recorded(recorded) => &recorded.question.stage,
            Self::Written { stage, .. } => stage,
        }
    }

    /// The answer to a question, or why there is none in it.
    fn answer(&self, question: &Question) -> Result<Answer, String> {
        match self {
            Self::Recorded(recorded) => {
                let then = &recorded.question;
                if then.kind != question.kind {
                    return Err(format!(
                        "it was of kind {:?} when it was recorded",
                        then.kind
                    ));
                }
                if then.options != question.options {
                    let labels: Vec<_> = then.options.iter().map(|option| &option.label).collect();
                    return Err(format!("its options were {labels:?} when it was recorded"));
                }
                Ok(recorded.answer.clone())
            }
            Self::Written { answer, .. } => {
                read(question, answer).ok_or_else(|| format!("{answer:?} is none of its answers"))
            }
        }
    }
}

impl ReplayInterviewer {
    /// An interviewer that answers as these recordings say.
    pub fn new(recordings: impl IntoIterator<Item = Recorded>) -> Self {
        let lines = recordings
            .into_iter()
            .map(|recorded| Line::Recorded(Box::new(recorded)));
        Self {
            left: Mutex::new(lines.collect()),
        }
    }

    /// Reads answers from a text: JSON objects, each as a
    /// [`RecordingInterviewer`](super::RecordingInterviewer) writes them, or
    /// `{"stage": node, "answer": text}` with an option's key or label, `yes` or `no`, or free
    /// text.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] with the number of the answer that can't be read.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut left = Vec::new();
        for (number, line) in (1_usize..).zip(serde_json::Deserializer::from_str(text).into_iter())
        {
            left.push(line.map_err(|error| {
                let text = format!("answer {number} can't be read");
                Error::new(ErrorKind::InvalidInput, text).with_source(error)
            })?);
        }
        Ok(Self {
            left: Mutex::new(left),
        })
    }

    /// How many answers weren't given yet.
    pub fn left(&self) -> usize {
        self.lines().len()
    }

    /// Leaves out the first answer for a stage, which was given before the run was resumed.
    pub fn skip(&self, stage: &str) {
        let mut lines = self.lines();
        if let Some(place) = lines.iter().position(|line| line.stage() == stage) {
            lines.remove(place);
        }
    }

    fn lines(&self) -> MutexGuard<'_, Vec<Line>> {
        // A single change under the lock can't be torn by a panic.
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a written answer means.
fn read(question: &Question, answer: &str) -> Option<Answer> {
    let word = answer.trim().to_lowercase();
    match question.kind {
        QuestionKind::MultipleChoice => {
            let label = normalize_label(answer);
            let mut options = question.options.iter();
            let named = question
                .find_option(answer)
                .or_else(|| options.find(|option| normalize_label(&option.label) == label));
            named.map(Answer::option)
        }
        QuestionKind::Freeform => Some(Answer::text(answer)),
        QuestionKind::YesNo | QuestionKind::Confirmation => match word.as_str() {
            "y" | "yes" => Some(Answer::new(AnswerValue::Yes)),
            "n" | "no" => Some(Answer::new(AnswerValue::No)),
            _ => None,
        },
    }
}

#[async_trait]
impl Interviewer for ReplayInterviewer {
    async fn ask(&self, question: &Question) -> Result<Answer, Error> {
        let mut lines = self.lines();
        let asked = format!("{} asks {:?}", question.stage, question.text);
        let place = lines.iter().position(|line| line.stage() == question.stage);
        let Some(place) = place else {
            let left: Vec<_> = lines.iter().map(Line::stage).collect();
            let text = match left.as_slice() {
                [] => format!("{asked}, and no recorded answer is left"),
                _ => format!(
                    "{asked}, and the recorded answers left are for {}",
                    left.join(", ")
                ),
            };
            return Err(Error::new(ErrorKind::InvalidInput, text));
        };
        match lines.get(place).map(|line| line.answer(question)) {
            Some(Ok(answer)) => {
                lines.remove(place);
                Ok(answer)
            }
            Some(Err(reason)) => {
                let text = format!("{asked}, and the recorded answer doesn't fit: {reason}");
                Err(Error::new(ErrorKind::InvalidInput, text))
            }
            None => Ok(Answer::skipped()),
        }
    }
}

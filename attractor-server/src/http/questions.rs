//! The questions of one run that wait for an answer over HTTP.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use attractor_core::run::normalize_label;
use attractor_core::{Answer, AnswerValue, Interviewer, Question, QuestionKind, QuestionOption};
use rand::RngExt as _;
use serde::Serialize;
use tokio::sync::oneshot;

use super::limits::CLOSED_QUESTIONS;
use super::{Error, ErrorKind};

/// A question that waits for an answer.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct PendingQuestion {
    /// Its id, to answer it by; another one each time that it's asked.
    pub id: String,
    /// When it was asked, RFC 3339 in UTC.
    pub asked_at: String,
    /// The question.
    #[serde(flatten)]
    pub question: Question,
}

/// Keeps a run's questions until somebody answers them.
#[derive(Debug, Default)]
pub(super) struct Questions(Mutex<Board>);

#[derive(Debug, Default)]
struct Board {
    asked: u64,
    open: BTreeMap<String, Open>,
    /// Those that were answered or withdrawn, the newest last.
    closed: VecDeque<(String, Closed)>,
}

#[derive(Debug)]
struct Open {
    /// The how manyth question it is: the order in which they are shown.
    number: u64,
    asked_at: String,
    question: Question,
    reply: oneshot::Sender<Answer>,
}

#[derive(Clone, Copy, Debug)]
enum Closed {
    Answered,
    Withdrawn,
}

impl Questions {
    fn board(&self) -> MutexGuard<'_, Board> {
        // No change of the board can be torn by a panic in a way that matters.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The questions that wait, in the order in which they were asked.
    pub(super) fn pending(&self) -> Vec<PendingQuestion> {
        let board = self.board();
        let mut open: Vec<_> = board.open.iter().collect();
        open.sort_by_key(|(_, open)| open.number);
        let pending = |(id, open): (&String, &Open)| PendingQuestion {
            id: id.clone(),
            asked_at: open.asked_at.clone(),
            question: open.question.clone(),
        };
        open.into_iter().map(pending).collect()
    }

    /// Answers a question, once.
    pub(super) fn answer(&self, id: &str, answer: Answer) -> Result<(), Error> {
        let mut board = self.board();
        let Some(open) = board.open.get(id) else {
            return Err(board.not_open(id));
        };
        let answer = checked(&open.question, answer)?;
        let Some(open) = board.open.remove(id) else {
            return Err(board.not_open(id));
        };
        // Nobody waits any more if its time was up just now.
        let taken = open.reply.send(answer).is_ok();
        board.close(
            id,
            if taken {
                Closed::Answered
            } else {
                Closed::Withdrawn
            },
        );
        if taken {
            Ok(())
        } else {
            Err(board.not_open(id))
        }
    }

    fn ask(&self, question: &Question) -> (String, oneshot::Receiver<Answer>) {
        let (reply, answered) = oneshot::channel();
        let mut board = self.board();
        board.asked += 1;
        // Not to be confused with a question of this run in an earlier process.
        let id = format!("q{}-{:08x}", board.asked, rand::rng().random::<u32>());
        let open = Open {
            number: board.asked,
            asked_at: format!("{:.3}", jiff::Timestamp::now()),
            question: question.clone(),
            reply,
        };
        board.open.insert(id.clone(), open);
        (id, answered)
    }

    fn withdraw(&self, id: &str) {
        let mut board = self.board();
        if board.open.remove(id).is_some() {
            board.close(id, Closed::Withdrawn);
        }
    }
}

impl Board {
    fn close(&mut self, id: &str, how: Closed) {
        if self.closed.len() == CLOSED_QUESTIONS {
            self.closed.pop_front();
        }
        self.closed.push_back((id.to_owned(), how));
    }

    fn not_open(&self, id: &str) -> Error {
        match self.closed.iter().find(|(closed, _)| closed == id) {
            Some((_, Closed::Answered)) => {
                Error::new(ErrorKind::Conflict, "the question was answered already")
            }
            Some((_, Closed::Withdrawn)) => Error::new(
                ErrorKind::Conflict,
                "the question isn't asked any more: its time was up, or the run was stopped",
            ),
            None => Error::new(ErrorKind::NotFound, "the run asks no such question"),
        }
    }
}

/// The answer, if it's one that the question allows.
pub(crate) fn checked(question: &Question, answer: Answer) -> Result<Answer, Error> {
    let refused = |text: String| Err(Error::new(ErrorKind::InvalidAnswer, text));
    match (&question.kind, &answer.value) {
        (_, AnswerValue::Skipped) => Ok(answer),
        (QuestionKind::MultipleChoice, AnswerValue::Choice(name) | AnswerValue::Text(name)) => {
            let Some(option) = named(question, name) else {
                let options = question.options.iter();
                let options: Vec<_> = options
                    .map(|option| format!("{} ({})", option.key, option.label))
                    .collect();
                return refused(format!("the options are: {}", options.join(", ")));
            };
            let mut chosen = Answer::option(option);
            if answer.text != *name {
                chosen.text = answer.text.clone();
            }
            Ok(chosen)
        }
        (QuestionKind::YesNo | QuestionKind::Confirmation, AnswerValue::Text(text)) => {
            let value = match text.trim().to_ascii_lowercase().as_str() {
                "yes" | "y" | "true" => AnswerValue::Yes,
                "no" | "n" | "false" => AnswerValue::No,
                _ => return refused("the answer is yes or no".to_owned()),
            };
            let mut answered = Answer::new(value);
            if answer.text != *text {
                answered.text = answer.text.clone();
            }
            Ok(answered)
        }
        (QuestionKind::YesNo | QuestionKind::Confirmation, AnswerValue::Yes | AnswerValue::No)
        | (QuestionKind::Freeform, AnswerValue::Text(_)) => Ok(answer),
        _ => refused("the question asks for another kind of answer".to_owned()),
    }
}

/// The option that a key or a label names, the label also without its accelerator.
fn named<'a>(question: &'a Question, name: &str) -> Option<&'a QuestionOption> {
    let label = normalize_label(name);
    let is_named = |option: &&QuestionOption| normalize_label(&option.label) == label;
    let exact = question.find_option(name);
    exact.or_else(|| question.options.iter().find(is_named))
}

#[async_trait]
impl Interviewer for Questions {
    async fn ask(&self, question: &Question) -> Result<Answer, attractor_core::Error> {
        let (id, answered) = self.ask(question);
        let _asked = Asked {
            board: self,
            id: &id,
        };
        // The sender is dropped only with the question.
        Ok(answered.await.unwrap_or_else(|_| Answer::skipped()))
    }
}

/// Takes a question back when nobody waits for its answer any more.
struct Asked<'a> {
    board: &'a Questions,
    id: &'a str,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        self.board.withdraw(self.id);
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    fn choice() -> Question {
        Question::new("gate", QuestionKind::MultipleChoice, "Ship?")
            .with_option("A", "[A] Approve")
            .with_option("R", "[R] Reject")
    }

    #[test]
    fn a_question_is_answered_once() {
        let questions = Questions::default();
        let question = choice();
        let mut asked = Box::pin(Interviewer::ask(&questions, &question));
        assert!((&mut asked).now_or_never().is_none());
        let id = questions.pending().remove(0).id;
        let wrong = questions.answer(&id, Answer::text("maybe")).unwrap_err();
        assert_eq!(wrong.kind(), ErrorKind::InvalidAnswer);
        assert!(
            wrong
                .to_string()
                .contains("A ([A] Approve), R ([R] Reject)")
        );
        questions.answer(&id, Answer::text("reject")).unwrap();
        let again = questions.answer(&id, Answer::text("A")).unwrap_err();
        assert_eq!(again.kind(), ErrorKind::Conflict);
        let answer = asked.now_or_never().unwrap().unwrap();
        assert_eq!(answer, Answer::option(&question.options[1]));
        let unknown = questions.answer("q7", Answer::text("A")).unwrap_err();
        assert_eq!(unknown.kind(), ErrorKind::NotFound);
    }

    #[test]
    fn a_question_that_nobody_waits_for_is_gone() {
        let questions = Questions::default();
        let question = choice();
        let mut asked = Box::pin(Interviewer::ask(&questions, &question));
        assert!((&mut asked).now_or_never().is_none());
        let id = questions.pending().remove(0).id;
        drop(asked);
        assert!(questions.pending().is_empty());
        let late = questions.answer(&id, Answer::text("A")).unwrap_err();
        assert_eq!(late.kind(), ErrorKind::Conflict);
    }

    #[test]
    fn each_kind_of_question_has_its_answers() {
        let check = |kind, value: &str| {
            let question = Question::new("gate", kind, "?");
            checked(&question, Answer::text(value)).map(|answer| answer.value)
        };
        assert_eq!(check(QuestionKind::YesNo, "Y").unwrap(), AnswerValue::Yes);
        assert_eq!(
            check(QuestionKind::Confirmation, "no").unwrap(),
            AnswerValue::No
        );
        assert!(check(QuestionKind::YesNo, "perhaps").is_err());
        let text = check(QuestionKind::Freeform, "any words").unwrap();
        assert_eq!(text, AnswerValue::Text("any words".to_owned()));
    }
}

//! Asks people through the control plane.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use attractor_core::journal::RunDirectory;
use attractor_core::{Answer, Error, ErrorKind, Interviewer, JournalEntry, Question, RunEvent};
use serde_json::json;

use super::api::Api;
use super::error::Failure;
use crate::domain::{NewQuestion, QuestionStatus, RunQuestion, Timestamp};
use crate::secrets::Scrubber;

/// Whoever answers over the API, the UI or the command line.
///
/// A question has a key that says which execution of which node asks it. A runner that asks once more
/// what an earlier one has asked finds that question, and its answer if there is one by then.
#[derive(Debug)]
pub(super) struct RemoteInterviewer {
    api: Arc<Api>,
    run_dir: PathBuf,
    scrubber: Scrubber,
    /// How often this process has asked with a key.
    asked: Mutex<BTreeMap<String, u32>>,
}

impl RemoteInterviewer {
    pub(super) fn new(api: Arc<Api>, run_dir: PathBuf, scrubber: Scrubber) -> Self {
        Self {
            api,
            run_dir,
            scrubber,
            asked: Mutex::default(),
        }
    }

    fn key(&self, question: &Question) -> Result<String, Error> {
        let entries = RunDirectory::open(&self.run_dir)?.entries()?;
        let key = key(&entries, &question.stage);
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let times = asked.entry(key.clone()).or_default();
        *times += 1;
        Ok(match *times {
            1 => key,
            times => format!("{key}.{times}"),
        })
    }

    fn new_question(&self, question: &Question, key: String) -> NewQuestion {
        let mut form = serde_json::to_value(question).unwrap_or_default();
        self.scrubber.json(&mut form);
        let options = question.options.iter();
        let options: Vec<_> = options
            .map(|option| json!({"key": option.key, "label": self.scrubber.text(&option.label)}))
            .collect();
        let limit = question.timeout_ms.map(Duration::from_millis);
        NewQuestion {
            key,
            node_id: question.stage.clone(),
            prompt: self.scrubber.text(&question.text).into_owned(),
            question: form,
            options: (!options.is_empty()).then(|| options.into()),
            expires_at: limit.map(|limit| Timestamp::now().plus(limit)),
        }
    }
}

#[async_trait]
impl Interviewer for RemoteInterviewer {
    async fn ask(&self, question: &Question) -> Result<Answer, Error> {
        let new = self.new_question(question, self.key(question)?);
        let mut found = self.api.ask_person(&new).await.map_err(unreachable)?;
        while found.status == QuestionStatus::Pending {
            found = self
                .api
                .question(found.id.as_str())
                .await
                .map_err(unreachable)?;
        }
        answer(found)
    }
}

/// Which execution asks: the node, its visit and its attempt. What isn't a
/// stage of this run, since it's a child's, is told apart by how many were answered before.
fn key(entries: &[JournalEntry], stage: &str) -> String {
    let began = entries.iter().rev().find_map(|entry| match &entry.event {
        RunEvent::StageStarted {
            node,
            index,
            attempt,
            ..
        } if node.as_str() == stage => Some(format!("{stage}:{index}.{attempt}")),
        _ => None,
    });
    let ends = ["interview_completed", "interview_timeout"];
    let answered = || {
        let is_end = |entry: &&JournalEntry| ends.contains(&entry.event.name());
        format!("{stage}#{}", entries.iter().filter(is_end).count())
    };
    began.unwrap_or_else(answered)
}

fn answer(question: RunQuestion) -> Result<Answer, Error> {
    match (question.status, question.answer) {
        (QuestionStatus::Answered, Some(answer)) => {
            serde_json::from_value(answer).map_err(|error| {
                Error::new(ErrorKind::Io, format!("an answer can't be read: {error}"))
            })
        }
        _ => Ok(Answer::timeout()),
    }
}

fn unreachable(failure: Failure) -> Error {
    let kind = match failure {
        Failure::Stopped => ErrorKind::Cancelled,
        _ => ErrorKind::Io,
    };
    Error::new(kind, format!("the question can't be asked: {failure}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(value: serde_json::Value) -> JournalEntry {
        let mut whole = json!({"version": 1, "seq": 1, "time": "2026-03-17T12:00:00.125Z"});
        let fields = value.as_object().unwrap().clone();
        whole.as_object_mut().unwrap().extend(fields);
        serde_json::from_value(whole).unwrap()
    }

    #[test]
    fn each_execution_of_a_node_has_a_key_of_its_own() {
        let began = |index: u64, attempt: u32| {
            entry(
                json!({"event": "stage_started", "node": "gate", "index": index, "visit": 1,
                "attempt": attempt, "handler": "wait.human"}),
            )
        };
        let entries = [began(2, 1), began(2, 2), began(4, 1)];
        assert_eq!(key(&entries, "gate"), "gate:4.1");
        assert_eq!(key(&entries[..2], "gate"), "gate:2.2");
        assert_eq!(key(&entries, "part/gate"), "part/gate#0");
        let done = entry(json!({"event": "interview_timeout", "node": "part", "duration_ms": 1}));
        assert_eq!(key(&[done], "part/gate"), "part/gate#1");
    }

    #[test]
    fn an_answer_is_what_the_engine_takes() {
        let question = |status, answer| RunQuestion {
            id: Default::default(),
            run_id: Default::default(),
            key: String::new(),
            node_id: String::new(),
            prompt: String::new(),
            question: json!({}),
            options: None,
            answer,
            answered_by: None,
            status,
            created_at: Timestamp::from_millis(0),
            expires_at: None,
            answered_at: None,
        };
        let yes = serde_json::to_value(Answer::yes()).unwrap();
        let told = answer(question(QuestionStatus::Answered, Some(yes))).unwrap();
        assert_eq!(told, Answer::yes());
        let told = answer(question(QuestionStatus::Timeout, None)).unwrap();
        assert_eq!(told, Answer::timeout());
        let odd = question(QuestionStatus::Answered, Some(json!(7)));
        assert!(answer(odd).is_err());
    }
}

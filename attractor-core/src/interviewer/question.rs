use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What kind of answer a question asks for.
///
/// Complete by definition: attractor-spec 6.2 names these four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    clippy::exhaustive_enums,
    reason = "attractor-spec 6.2 names exactly these four"
)]
pub enum QuestionKind {
    /// Yes or no.
    YesNo,
    /// One of the options.
    MultipleChoice,
    /// Any text.
    Freeform,
    /// Consent to something that is about to happen.
    Confirmation,
}

/// One option of a multiple-choice question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::exhaustive_structs,
    reason = "attractor-spec 6.2: a key and a label"
)]
pub struct QuestionOption {
    /// What a person types to choose it; unique within its question.
    pub key: String,
    /// What a person reads.
    pub label: String,
}

/// Something to ask a person.
///
/// Source: attractor-spec 6.2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Question {
    /// What to ask.
    pub text: String,
    /// What kind of answer is asked for.
    pub kind: QuestionKind,
    /// The options of a multiple-choice question.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<QuestionOption>,
    /// The answer to take when time runs out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Answer>,
    /// How long to wait for an answer, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// The node that asks.
    pub stage: String,
    /// Anything else the interviewer may want to show.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
}

impl Question {
    /// A question without options, default or time limit.
    pub fn new(stage: impl Into<String>, kind: QuestionKind, text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            kind,
            options: Vec::new(),
            default: None,
            timeout_ms: None,
            stage: stage.into(),
            metadata: Map::new(),
        }
    }

    /// Adds an option.
    #[must_use]
    pub fn with_option(mut self, key: impl Into<String>, label: impl Into<String>) -> Self {
        self.options.push(QuestionOption {
            key: key.into(),
            label: label.into(),
        });
        self
    }

    /// Sets the answer to take when time runs out.
    #[must_use]
    pub fn with_default(mut self, answer: Answer) -> Self {
        self.default = Some(answer);
        self
    }

    /// Sets how long to wait for an answer.
    #[must_use]
    pub fn with_timeout_ms(mut self, timeout_ms: u64) -> Self {
        self.timeout_ms = Some(timeout_ms);
        self
    }

    /// The option a reply names: by key, then by label, letter case not counting.
    pub fn find_option(&self, reply: &str) -> Option<&QuestionOption> {
        let reply = reply.trim();
        let by_key = self
            .options
            .iter()
            .find(|option| option.key.eq_ignore_ascii_case(reply));
        by_key.or_else(|| {
            self.options
                .iter()
                .find(|option| option.label.trim().eq_ignore_ascii_case(reply))
        })
    }
}

/// What a person answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AnswerValue {
    /// Affirmative.
    Yes,
    /// Negative.
    No,
    /// The person chose not to answer, or nobody can.
    Skipped,
    /// Nobody answered in time.
    Timeout,
    /// The key of the chosen option.
    Choice(String),
    /// Free text.
    Text(String),
}

/// An answer to a [`Question`].
///
/// Source: attractor-spec 6.3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Answer {
    /// The answer itself.
    pub value: AnswerValue,
    /// The chosen option of a multiple-choice question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selected_option: Option<QuestionOption>,
    /// Text the person added.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}

impl Answer {
    /// An answer with a value and nothing else.
    pub fn new(value: AnswerValue) -> Self {
        Self {
            value,
            selected_option: None,
            text: String::new(),
        }
    }

    /// Yes.
    pub fn yes() -> Self {
        Self::new(AnswerValue::Yes)
    }

    /// No.
    pub fn no() -> Self {
        Self::new(AnswerValue::No)
    }

    /// Nobody answered: the person skipped the question, or there is nobody.
    pub fn skipped() -> Self {
        Self::new(AnswerValue::Skipped)
    }

    /// Nobody answered in time.
    pub fn timeout() -> Self {
        Self::new(AnswerValue::Timeout)
    }

    /// The chosen option.
    pub fn option(option: &QuestionOption) -> Self {
        Self {
            selected_option: Some(option.clone()),
            ..Self::new(AnswerValue::Choice(option.key.clone()))
        }
    }

    /// The key of an option, for callers that don't have the question at hand.
    pub fn choice(key: impl Into<String>) -> Self {
        Self::new(AnswerValue::Choice(key.into()))
    }

    /// Free text.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            text: text.clone(),
            ..Self::new(AnswerValue::Text(text))
        }
    }

    /// What the answer says, as one short text.
    pub fn summary(&self) -> &str {
        match &self.value {
            AnswerValue::Yes => "yes",
            AnswerValue::No => "no",
            AnswerValue::Skipped => "skipped",
            AnswerValue::Timeout => "timeout",
            AnswerValue::Choice(key) => self
                .selected_option
                .as_ref()
                .map_or(key, |option| &option.label),
            AnswerValue::Text(text) => text,
        }
    }
}

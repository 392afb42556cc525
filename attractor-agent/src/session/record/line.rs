//! The lines of a session's file (docs/session-file.md); a type for each kind, no I/O.

use std::{borrow::Cow, time::SystemTime};

use attractor_llm::{FinishReason, Message, ToolDefinition, ToolResultData, Usage};
use serde::{Deserialize, Serialize};

use crate::session::{
    budget::Spent,
    turn::{AssistantTurn, Turn},
};

/// The version of the format that this crate writes; it reads no later one.
pub(super) const VERSION: u32 = 1;

/// One line: a turn of the conversation, one of its results, or something about the session.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(in crate::session) enum Line<'a> {
    /// The first line.
    Session(Header),
    /// What every request to a model begins with, from when that model was first asked.
    Prompt {
        provider: Cow<'a, str>,
        model: Cow<'a, str>,
        system: Cow<'a, str>,
        tools: Cow<'a, [ToolDefinition]>,
    },
    /// A model that was asked before is asked again.
    Model {
        provider: Cow<'a, str>,
        model: Cow<'a, str>,
    },
    User(Said<'a>),
    System(Said<'a>),
    Steering(Said<'a>),
    Assistant(Answer<'a>),
    /// The result of the last answer's call of that number, counted from 0.
    Result {
        call: usize,
        result: Cow<'a, ToolResultData>,
        #[serde(with = "time")]
        at: SystemTime,
    },
    /// What the session and its subagents had spent.
    Spent {
        cost_micro_usd: u64,
        tokens: u64,
        turns: u64,
        wall_time_ms: u64,
    },
}

/// The session itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::session) struct Header {
    pub(in crate::session) version: u32,
    pub(in crate::session) id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::session) parent: Option<Parent>,
    pub(in crate::session) working_directory: String,
    #[serde(with = "time")]
    pub(in crate::session) at: SystemTime,
}

/// The session that another is a fork of, and how many of its turns it has.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::session) struct Parent {
    pub(in crate::session) id: String,
    pub(in crate::session) turns: usize,
}

/// A text and when it was said.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::session) struct Said<'a> {
    content: Cow<'a, str>,
    #[serde(with = "time")]
    at: SystemTime,
}

/// A response of the model.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::session) struct Answer<'a> {
    message: Cow<'a, Message>,
    usage: Cow<'a, Usage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cost_micro_usd: Option<u64>,
    response_id: Cow<'a, str>,
    provider: Cow<'a, str>,
    model: Cow<'a, str>,
    finish_reason: Cow<'a, FinishReason>,
    #[serde(with = "time")]
    at: SystemTime,
}

impl Header {
    pub(in crate::session) fn new(id: &str, working_directory: &str) -> Self {
        Self {
            version: VERSION,
            id: id.to_owned(),
            parent: None,
            working_directory: working_directory.to_owned(),
            at: SystemTime::now(),
        }
    }
}

impl<'a> Line<'a> {
    /// The lines of a turn: one, or one for each result.
    pub(in crate::session) fn each_of(turn: &'a Turn, mut line: impl FnMut(Self)) {
        match turn {
            Turn::User { content, timestamp } => line(Self::User(said(content, *timestamp))),
            Turn::System { content, timestamp } => line(Self::System(said(content, *timestamp))),
            Turn::Steering { content, timestamp } => {
                line(Self::Steering(said(content, *timestamp)));
            }
            Turn::Assistant(answer) => line(Self::Assistant(Answer::of(answer))),
            Turn::ToolResults { timestamp, .. } => {
                for (call, result) in turn.results().enumerate() {
                    line(Self::result(call, result, *timestamp));
                }
            }
        }
    }

    pub(in crate::session) fn result(
        call: usize,
        result: &'a ToolResultData,
        at: SystemTime,
    ) -> Self {
        let result = Cow::Borrowed(result);
        Self::Result { call, result, at }
    }

    pub(in crate::session) fn spent(spent: Spent) -> Self {
        Self::Spent {
            cost_micro_usd: spent.cost_micro_usd,
            tokens: spent.tokens,
            turns: spent.turns,
            wall_time_ms: spent.wall_time.as_millis().try_into().unwrap_or(u64::MAX),
        }
    }
}

fn said(content: &str, at: SystemTime) -> Said<'_> {
    let content = Cow::Borrowed(content);
    Said { content, at }
}

impl Said<'_> {
    pub(super) fn into_parts(self) -> (String, SystemTime) {
        (self.content.into_owned(), self.at)
    }
}

impl<'a> Answer<'a> {
    fn of(turn: &'a AssistantTurn) -> Self {
        Self {
            message: Cow::Borrowed(&turn.message),
            usage: Cow::Borrowed(&turn.usage),
            cost_micro_usd: turn.cost_micro_usd,
            response_id: Cow::Borrowed(&turn.response_id),
            provider: Cow::Borrowed(&turn.provider),
            model: Cow::Borrowed(&turn.model),
            finish_reason: Cow::Borrowed(&turn.finish_reason),
            at: turn.timestamp,
        }
    }

    pub(super) fn into_turn(self) -> AssistantTurn {
        AssistantTurn {
            message: self.message.into_owned(),
            usage: self.usage.into_owned(),
            cost_micro_usd: self.cost_micro_usd,
            response_id: self.response_id.into_owned(),
            provider: self.provider.into_owned(),
            model: self.model.into_owned(),
            finish_reason: self.finish_reason.into_owned(),
            timestamp: self.at,
        }
    }
}

/// RFC 3339.
mod time {
    use std::time::SystemTime;

    use jiff::Timestamp;
    use serde::{Deserialize as _, Deserializer, Serializer, de, ser};

    pub(super) fn serialize<S: Serializer>(at: &SystemTime, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&Timestamp::try_from(*at).map_err(ser::Error::custom)?)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SystemTime, D::Error> {
        let text = String::deserialize(from)?;
        let at: Timestamp = text.parse().map_err(de::Error::custom)?;
        Ok(at.into())
    }
}

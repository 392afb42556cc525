//! A conversation that began with one model, made ready for another.
//!
//! [`hand_off`] is a pure function over unified messages. Every adapter of this crate applies it to
//! each request, so a conversation may change its provider and its model at any turn; an adapter of
//! your own can apply it too.
//!
//! What comes out of it, whatever went in:
//!
//! - Nothing foreign: reasoning of another provider or model, other providers' metadata (thought
//!   signatures, item ids) and their own blocks are left out. Opaque reasoning that doesn't say
//!   where it came from is foreign too; readable reasoning without an origin is the caller's own.
//! - Every tool call has an id of its own that the target accepts, arguments that are an object
//!   (unless its type is `custom`), and exactly one result.
//! - The results stand directly after the turn, in the order of its calls, each in a message of the
//!   role [`Tool`](crate::Role::Tool) that holds nothing else; what was said meanwhile comes after
//!   them. All calls of a turn are in its last message.
//! - A call without a result has one that says so. A result without a call is text of the user,
//!   unless the conversation [`continues`](Target::continues) one that the provider keeps.
//! - What the model can't take (images, audio, documents) is a note in its place.
//!
//! Each kind of change is a [`Warning`] that says how often it was made and to what. A conversation
//! that needs no change comes back as it was, without a copy. What is sent for the beginning of a
//! conversation stays the same when it grows, which prompt caches need, except where a late result
//! takes the place of a missing one.
//!
//! Source: unified-llm-spec 2.4, 3.5 and 5.

mod calls;
mod change;
mod foreign;
mod ids;
mod media;
mod model;
mod pairing;
mod segment;
mod target;

use self::change::Changes;
pub use self::ids::ToolCallIds;
#[cfg(feature = "openai")]
pub(crate) use self::model::same_model;
#[cfg(any(feature = "openai", feature = "openai-compatible"))]
pub(crate) use self::pairing::NO_RESULT;
pub use self::target::Target;
use crate::types::{Message, Warning};

/// A conversation as its target takes it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct HandedOff {
    /// The conversation.
    pub messages: Vec<Message>,
    /// What had to be changed, one warning for each kind of change.
    pub warnings: Vec<Warning>,
}

/// Makes a conversation ready for the model it is sent to; see the [module](self).
///
/// ```
/// use attractor_llm::handoff::{Target, hand_off};
/// use attractor_llm::{ContentPart, Message, Origin, Role, ThinkingData};
///
/// let origin = Origin::new("anthropic", "claude-opus-5-5");
/// let thinking = ThinkingData::new("Hm.").signature("EqQB…").origin(origin);
/// let answer = vec![ContentPart::Thinking(thinking), ContentPart::text("Four.")];
/// let messages = vec![Message::user("2 + 2?"), Message::new(Role::Assistant, answer)];
///
/// let own = hand_off(messages.clone(), &Target::new("anthropic", "claude-opus-5-5"));
/// assert!(own.messages == messages && own.warnings.is_empty());
///
/// let other = hand_off(messages, &Target::new("openai", "gpt-5.2"));
/// assert_eq!(other.messages[1].content, [ContentPart::text("Four.")]);
/// assert_eq!(other.warnings[0].code.as_deref(), Some("reasoning_dropped"));
/// ```
#[must_use]
pub fn hand_off(mut messages: Vec<Message>, target: &Target<'_>) -> HandedOff {
    let mut changes = Changes::default();
    foreign::leave_out(&mut messages, target, &mut changes);
    media::replace(&mut messages, target, &mut changes);
    calls::repair(&mut messages, &mut changes);
    let messages = pairing::pair(messages, target, &mut changes);
    HandedOff {
        messages,
        warnings: changes.into_warnings(),
    }
}

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// The ids of tool calls that a provider accepts.
///
/// The default is what nearly all accept: at most 64 letters, digits, `_` and `-`.
///
/// ```
/// use attractor_llm::handoff::ToolCallIds;
///
/// let usual = ToolCallIds::default();
/// assert_eq!(usual.accepted("toolu_01"), "toolu_01");
/// assert!(usual.accepts(&usual.accepted("call|fc_1")));
/// assert_eq!(ToolCallIds::alphanumeric(9).accepted("toolu_01").len(), 9);
/// assert_eq!(ToolCallIds::any().accepted("call|fc_1"), "call|fc_1");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ToolCallIds(Form);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Form {
    #[default]
    Usual,
    Alphanumeric(usize),
    Any,
}

/// The longest id that Anthropic and OpenAI accept.
const MAX_CHARS: usize = 64;

/// How many ids are tried for one call: a form of very few characters runs out of them.
const MAX_ATTEMPTS: usize = 1_000;

impl ToolCallIds {
    /// Exactly so many letters and digits: Mistral wants nine.
    #[must_use]
    pub const fn alphanumeric(chars: usize) -> Self {
        Self(Form::Alphanumeric(chars))
    }

    /// Any text but an empty one.
    #[must_use]
    pub const fn any() -> Self {
        Self(Form::Any)
    }

    /// Whether this id is accepted as it is.
    #[must_use]
    pub fn accepts(self, id: &str) -> bool {
        match self.0 {
            Form::Usual => !id.is_empty() && id.len() <= MAX_CHARS && id.chars().all(is_usual),
            Form::Alphanumeric(chars) => {
                id.len() == chars && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
            }
            Form::Any => !id.is_empty(),
        }
    }

    /// The id itself where it is accepted, else one made from it: the same for the call and for its
    /// result, in this request and in the next, and different for different ids.
    #[must_use]
    pub fn accepted(self, id: &str) -> Cow<'_, str> {
        if self.accepts(id) {
            return Cow::Borrowed(id);
        }
        let hash = fnv1a(id.as_bytes());
        Cow::Owned(match self.0 {
            Form::Usual | Form::Any => {
                let room = MAX_CHARS - "call__".len() - 16;
                let readable: String = id.chars().filter(|c| is_usual(*c)).take(room).collect();
                format!("call_{readable}_{hash:016x}")
            }
            Form::Alphanumeric(chars) => digits(hash, chars),
        })
    }
}

/// The ids that a conversation has used so far.
#[derive(Debug, Default)]
pub(super) struct UsedIds {
    used: HashSet<String>,
    /// For an id that was wanted again, how often.
    again: HashMap<String, u64>,
}

impl UsedIds {
    pub(super) fn contains(&self, id: &str) -> bool {
        self.used.contains(id)
    }

    /// The id in its accepted form, or, where that is used, the next one made from it.
    pub(super) fn take(&mut self, ids: ToolCallIds, id: &str) -> String {
        let accepted = ids.accepted(id).into_owned();
        let mut taken = accepted.clone();
        if self.used.contains(&taken) {
            let count = self.again.entry(accepted.clone()).or_insert(1);
            for _ in 0..MAX_ATTEMPTS {
                *count += 1;
                taken = ids.accepted(&format!("{accepted}#{count}")).into_owned();
                if !self.used.contains(&taken) {
                    break;
                }
            }
        }
        self.used.insert(taken.clone());
        taken
    }
}

fn is_usual(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

/// FNV-1a: stable across versions and platforms, which the prompt cache needs.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// A number as so many letters and digits, the least significant first.
fn digits(mut number: u64, count: usize) -> String {
    const DIGITS: &[u8; 62] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut next = || {
        let digit = usize::try_from(number % 62).unwrap_or_default();
        number /= 62;
        char::from(DIGITS[digit])
    };
    (0..count).map(|_| next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMS: [ToolCallIds; 3] = [
        ToolCallIds(Form::Usual),
        ToolCallIds::alphanumeric(9),
        ToolCallIds::any(),
    ];

    #[test]
    fn an_accepted_id_is_kept() {
        let ids = ["toolu_01A-b", "abcDEF123", "call|fc/1 \u{fc}"];
        for (form, id) in FORMS.into_iter().zip(ids) {
            assert_eq!(form.accepted(id), id);
        }
    }

    #[test]
    fn any_other_id_becomes_an_accepted_one_of_its_own() {
        let long = "x".repeat(400);
        let ids = ["", "call|fc_1", "call.fc_1", "gr\u{fc}n", &long];
        for form in FORMS {
            let made: Vec<String> = ids
                .iter()
                .map(|id| form.accepted(id).into_owned())
                .collect();
            for (index, id) in made.iter().enumerate() {
                assert!(form.accepts(id) && form.accepted(id) == id.as_str(), "{id}");
                assert!(!made[..index].contains(id), "{id} twice");
            }
        }
    }

    #[test]
    fn a_used_id_becomes_the_next_that_is_not() {
        for form in FORMS {
            let mut used = UsedIds::default();
            let ids: Vec<String> = (0..5).map(|_| used.take(form, "0")).collect();
            for (index, id) in ids.iter().enumerate() {
                assert!(form.accepts(id) && !ids[..index].contains(id), "{ids:?}");
            }
        }
    }
}

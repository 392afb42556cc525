//! [`Player`]: chooses the turn that answers a request and counts how often each was used.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::answer::Answer;
use super::conversation::Conversation;
use super::limits::{MAX_QUOTED_CHARS, MAX_UNMATCHED};
use super::script::{Script, Turn};

/// A script being played. The server and the in-process provider both choose through it.
#[derive(Debug)]
pub(crate) struct Player {
    script: Script,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    used: Vec<u32>,
    unmatched: Vec<String>,
}

impl Player {
    pub(crate) fn new(script: Script) -> Self {
        let used = vec![0; script.turns.len()];
        Self {
            script,
            state: Mutex::new(State {
                used,
                unmatched: Vec::new(),
            }),
        }
    }

    /// The answer to a request.
    ///
    /// # Errors
    ///
    /// A description of the request and of the turns that are left, if no turn is eligible.
    pub(crate) fn answer(&self, conversation: &Conversation) -> Result<Answer, String> {
        let mut state = self.lock();
        let turns = self.script.turns.iter().zip(&state.used).enumerate();
        let chosen = turns
            .filter(|(_, (turn, used))| turn.repeat || **used < turn.times)
            .find(|(_, (turn, _))| turn.when.mismatch(conversation).is_none())
            .map(|(index, (turn, _))| (index, turn.clone()));
        if let Some((index, turn)) = chosen {
            state.used[index] = state.used[index].saturating_add(1);
            return Ok(Answer::new(turn, index, conversation));
        }
        let description = describe(&self.script.turns, &state.used, conversation);
        if state.unmatched.len() < MAX_UNMATCHED {
            state.unmatched.push(description.clone());
        }
        Err(description)
    }

    /// Descriptions of the requests that no turn answered.
    pub(crate) fn unmatched(&self) -> Vec<String> {
        self.lock().unmatched.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says which request found no turn, and why each turn didn't answer it.
fn describe(turns: &[Turn], used: &[u32], conversation: &Conversation) -> String {
    let quoted: String = conversation
        .last_text()
        .chars()
        .take(MAX_QUOTED_CHARS)
        .collect();
    let mut text = format!(
        "no turn of the script answers this request (model {:?}, {} tool results, {} assistant \
         messages, last message {quoted:?})",
        conversation.model, conversation.tool_results, conversation.assistant_messages,
    );
    for (index, (turn, used)) in turns.iter().zip(used).enumerate() {
        let reason = if !turn.repeat && *used >= turn.times {
            format!("used {used} of {} times", turn.times)
        } else {
            turn.when.mismatch(conversation).unwrap_or_default()
        };
        text.push_str(&format!("; turn {index}: {reason}"));
    }
    if turns.is_empty() {
        text.push_str("; the script has no turns");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::script::Match;

    #[test]
    fn a_turn_that_repeats_comes_after_one_that_fits_first() {
        let script = Script::new()
            .turn(Turn::text("once"))
            .turn(Turn::text("always").repeat());
        let player = Player::new(script);
        let conversation = Conversation::default();
        let chosen: Vec<_> = (0..3)
            .map(|_| player.answer(&conversation).unwrap())
            .collect();
        let ids: Vec<_> = chosen.iter().map(|answer| answer.message_id("m")).collect();
        assert_eq!(ids, ["m_script_0_0", "m_script_1_0", "m_script_1_0"]);
    }

    #[test]
    fn a_description_names_each_turn_that_is_left() {
        let never = Turn::text("b").when(Match::any().system_contains("x"));
        let player = Player::new(Script::new().turn(Turn::text("a")).turn(never));
        let conversation = Conversation::default();
        assert!(player.answer(&conversation).is_ok());
        let description = player.answer(&conversation).unwrap_err();
        let reasons: Vec<_> = description.split("; ").skip(1).collect();
        let expected = [
            "turn 0: used 1 of 1 times",
            "turn 1: system prompt doesn't contain \"x\"",
        ];
        assert_eq!(reasons, expected);
        assert_eq!(player.unmatched(), [description]);
    }

    #[test]
    fn descriptions_are_bounded() {
        let player = Player::new(Script::new());
        for _ in 0..MAX_UNMATCHED + 5 {
            assert!(player.answer(&Conversation::default()).is_err());
        }
        assert_eq!(player.unmatched().len(), MAX_UNMATCHED);
    }
}

//! Whether the last tool calls repeat; pure.

use std::{
    collections::VecDeque,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use attractor_llm::ToolCall;

/// Longest pattern that counts as a loop (coding-agent-loop-spec 2.10).
const PATTERN_CALLS: usize = 3;

/// The signatures of the last calls.
#[derive(Debug)]
pub(super) struct LoopDetector {
    window: usize,
    recent: VecDeque<u64>,
}

impl LoopDetector {
    /// Looks at `window` calls; a window that can't hold a pattern twice never finds a loop.
    pub(super) fn new(window: usize) -> Self {
        Self {
            window,
            recent: VecDeque::new(),
        }
    }

    /// Notes a call with what came of it: a call that brings something new isn't a repetition,
    /// such as looking at a build again.
    pub(super) fn push(&mut self, call: &ToolCall, result: &str) {
        let mut hasher = DefaultHasher::new();
        (&call.name, call.arguments.to_string(), result).hash(&mut hasher);
        self.recent.push_back(hasher.finish());
        if self.recent.len() > self.window {
            self.recent.pop_front();
        }
    }

    /// How many calls repeat, if they do. Starts over then, so that a loop is reported once per
    /// window.
    pub(super) fn take_loop(&mut self) -> Option<usize> {
        if self.recent.len() < self.window {
            return None;
        }
        let repeats = |length: usize| {
            self.recent.len() >= 2 * length
                && self
                    .recent
                    .iter()
                    .zip(self.recent.iter().skip(length))
                    .all(|(a, b)| a == b)
        };
        let length = (1..=PATTERN_CALLS).find(|&length| repeats(length))?;
        self.recent.clear();
        Some(length)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(window: usize, calls: &[(&str, &str)]) -> Option<usize> {
        let mut detector = LoopDetector::new(window);
        for (index, (name, result)) in calls.iter().enumerate() {
            detector.push(&ToolCall::new(index.to_string(), *name, json!({})), result);
        }
        detector.take_loop()
    }

    #[test]
    fn patterns_of_one_two_and_three_calls_are_found_whatever_the_window() {
        let cycle = |names: &[&'static str]| -> Vec<(&'static str, &'static str)> {
            (0..10)
                .map(|index| (names[index % names.len()], "same"))
                .collect()
        };
        assert_eq!(found(10, &cycle(&["a"])), Some(1));
        assert_eq!(found(10, &cycle(&["a", "b"])), Some(2));
        assert_eq!(found(10, &cycle(&["a", "b", "c"])), Some(3));
        assert_eq!(found(10, &cycle(&["a", "b", "c", "d"])), None);
    }

    #[test]
    fn calls_with_new_results_are_no_loop() {
        let polls = ["1%", "2%", "3%", "4%"].map(|progress| ("poll", progress));
        assert_eq!(found(4, &polls), None);
    }

    #[test]
    fn few_calls_are_no_loop() {
        assert_eq!(found(10, &[("a", "same"); 9]), None);
        assert_eq!(found(0, &[("a", "same"); 9]), None);
    }
}

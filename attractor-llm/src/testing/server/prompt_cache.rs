//! A prompt cache like the providers', measured on the bytes of the requests.
//!
//! What a request reads is the longest beginning that it shares with one before: nothing is made up,
//! so a client whose requests don't extend each other sees no cache. Four bytes count as a token.

use std::collections::VecDeque;

use serde_json::Value;

use crate::testing::limits::MAX_CACHED_PROMPTS;
use crate::testing::script::TokenCounts;

/// The parts of a body that are the prompt, in the order in which providers read them.
const PARTS: [&str; 8] = [
    "tools",
    "instructions",
    "systemInstruction",
    "system_instruction",
    "system",
    "messages",
    "input",
    "contents",
];

/// The shortest prompt that is cached, as OpenAI and Anthropic have it.
const MIN_TOKENS: usize = 1_024;

/// OpenAI counts what it served in steps of so many tokens.
const STEP_TOKENS: usize = 128;

/// How many blocks before a breakpoint Anthropic looks for what it has stored.
const LOOKBACK_BLOCKS: usize = 20;

/// What decides how much of a prompt is cached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::testing) enum Caching {
    /// The service caches every prompt by itself; what it served is part of the input.
    Automatic,
    /// Only up to blocks with `cache_control`; what it served and stored is beside the input.
    Marked,
}

/// The prompts of earlier requests.
#[derive(Debug, Default)]
pub(in crate::testing) struct PromptCache {
    stored: VecDeque<String>,
}

impl PromptCache {
    /// The input of a request, as its service would count it; the prompt is stored.
    pub(in crate::testing) fn count(&mut self, caching: Caching, body: &Value) -> TokenCounts {
        let prompt = Prompt::of(body);
        let total = tokens(prompt.text.len());
        let mut counts = TokenCounts::default();
        match caching {
            Caching::Automatic => {
                let read = prompt.shared(&self.stored);
                counts.input = total as u64;
                counts.cache_read = Some(read as u64);
                self.store([prompt.text]);
            }
            Caching::Marked => {
                let marked = prompt.marked();
                let read = prompt.stored_before_marks(&self.stored);
                let written = marked
                    .last()
                    .map_or(0, |end| tokens(*end))
                    .saturating_sub(read);
                let written = if read + written < MIN_TOKENS {
                    0
                } else {
                    written
                };
                counts.input = (total - read - written) as u64;
                counts.cache_read = Some(read as u64);
                counts.cache_write = Some(written as u64);
                self.store(marked.iter().map(|end| prompt.text[..*end].to_owned()));
            }
        }
        counts
    }

    fn store(&mut self, prompts: impl IntoIterator<Item = String>) {
        for prompt in prompts {
            if tokens(prompt.len()) >= MIN_TOKENS && !self.stored.contains(&prompt) {
                self.stored.push_back(prompt);
            }
        }
        while self.stored.len() > MAX_CACHED_PROMPTS {
            self.stored.pop_front();
        }
    }
}

/// A prompt as one text, with the ends of its blocks.
#[derive(Debug, Default)]
struct Prompt {
    text: String,
    /// Where each block ends, and whether it is marked.
    ends: Vec<(usize, bool)>,
}

impl Prompt {
    fn of(body: &Value) -> Self {
        let mut prompt = Self::default();
        for key in PARTS {
            if let Some(part) = body.get(key) {
                prompt.text.push_str(key);
                prompt.blocks(part);
            }
        }
        prompt
    }

    /// Each item of a list and of the content in it is a block.
    fn blocks(&mut self, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.blocks(item)),
            Value::Object(message)
                if message.contains_key("role") && value["content"].is_array() =>
            {
                self.text.push_str(&value["role"].to_string());
                self.blocks(&value["content"]);
            }
            other => {
                let mut block = other.clone();
                let fields = block.as_object_mut();
                let marked = fields.and_then(|fields| fields.remove("cache_control"));
                self.text.push_str(&block.to_string());
                self.ends.push((self.text.len(), marked.is_some()));
            }
        }
    }

    fn marked(&self) -> Vec<usize> {
        let marked = self.ends.iter().filter(|(_, marked)| *marked);
        marked.map(|(end, _)| *end).collect()
    }

    /// The tokens of the longest beginning that a stored prompt has too.
    fn shared(&self, stored: &VecDeque<String>) -> usize {
        let shared = |other: &String| {
            let pairs = self.text.bytes().zip(other.bytes());
            pairs.take_while(|(left, right)| left == right).count()
        };
        let longest = stored.iter().map(shared).max().unwrap_or(0);
        match tokens(longest) {
            few if few < MIN_TOKENS => 0,
            enough => enough - enough % STEP_TOKENS,
        }
    }

    /// The tokens of the longest stored beginning that ends at one of the last blocks before a mark.
    fn stored_before_marks(&self, stored: &VecDeque<String>) -> usize {
        let marks = self
            .ends
            .iter()
            .enumerate()
            .filter(|(_, (_, marked))| *marked);
        let ends = marks.flat_map(|(at, _)| {
            let blocks = &self.ends[..=at];
            blocks
                .iter()
                .rev()
                .take(LOOKBACK_BLOCKS)
                .map(|(end, _)| *end)
        });
        let is_stored = |end: &usize| stored.iter().any(|it| it[..] == self.text[..*end]);
        ends.filter(is_stored).max().map_or(0, tokens)
    }
}

fn tokens(bytes: usize) -> usize {
    bytes.div_ceil(4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn long(word: &str) -> String {
        word.repeat(8_000 / word.len())
    }

    /// What three requests read and store, each one message longer than the one before.
    fn session(caching: Caching, body: impl Fn(usize) -> Value) -> Vec<(u64, u64)> {
        let mut cache = PromptCache::default();
        let counts = (1..4).map(|turns| cache.count(caching, &body(turns)));
        counts
            .map(|it| (it.cache_read.unwrap_or(0), it.cache_write.unwrap_or(0)))
            .collect()
    }

    #[test]
    fn what_extends_an_earlier_prompt_is_served_by_itself() {
        let input = |turns: usize| vec![json!({"role": "user", "content": long("word ")}); turns];
        let counts = session(Caching::Automatic, |turns| json!({"input": input(turns)}));
        assert_eq!(
            counts.iter().map(|it| it.0).collect::<Vec<_>>(),
            [0, 1_920, 3_968]
        );
        let changing = |turns| json!({"instructions": format!("{turns}"), "input": input(turns)});
        assert_eq!(session(Caching::Automatic, changing), [(0, 0); 3]);
    }

    #[test]
    fn where_nothing_is_marked_nothing_is_kept() {
        let block = |marked: bool| match marked {
            true => {
                json!({"type": "text", "text": long("a"), "cache_control": {"type": "ephemeral"}})
            }
            false => json!({"type": "text", "text": long("a")}),
        };
        let body = |mark: bool| {
            move |turns: usize| {
                let turn =
                    |at| json!({"role": "user", "content": [block(mark && at + 1 == turns)]});
                json!({"messages": (0..turns).map(turn).collect::<Vec<_>>()})
            }
        };
        let marked = session(Caching::Marked, body(true));
        assert_eq!(marked[0].0, 0);
        assert!(marked[1].0 >= 2_000 && marked[2].0 >= 4_000, "{marked:?}");
        assert_eq!(marked[1].0, marked[0].1);
        assert_eq!(session(Caching::Marked, body(false)), [(0, 0); 3]);
    }
}

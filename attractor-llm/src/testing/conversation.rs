//! [`Conversation`]: what a request says, as far as a match looks at it.

/// The facts of a request that choose its answer, read from a wire body or from a
/// [`Request`](crate::Request).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Conversation {
    pub(crate) model: String,
    pub(crate) stream: bool,
    pub(crate) system: String,
    /// The text of each message, tool results included.
    pub(crate) texts: Vec<String>,
    pub(crate) tool_results: usize,
    pub(crate) assistant_messages: usize,
}

impl Conversation {
    /// The text of the last message.
    pub(crate) fn last_text(&self) -> &str {
        self.texts.last().map_or("", String::as_str)
    }

    /// An estimate of the prompt's tokens: four characters a token, at least one.
    pub(crate) fn estimated_tokens(&self) -> u64 {
        let chars = self
            .texts
            .iter()
            .chain([&self.system])
            .map(|text| text.chars().count())
            .sum();
        estimated_tokens(chars)
    }
}

/// Four characters a token, at least one.
pub(crate) fn estimated_tokens(chars: usize) -> u64 {
    u64::try_from(chars.div_ceil(4)).unwrap_or(u64::MAX).max(1)
}

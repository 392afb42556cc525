//! Cutting text to a length, by characters.

use std::borrow::Cow;

/// The first `limit` characters, the last of them `…` if something was cut off.
pub(crate) fn truncate(text: &str, limit: usize) -> Cow<'_, str> {
    // A text of few bytes has few characters.
    if text.len() <= limit || text.chars().nth(limit).is_none() {
        return Cow::Borrowed(text);
    }
    let mut cut: String = text.chars().take(limit.saturating_sub(1)).collect();
    cut.push('…');
    Cow::Owned(cut)
}

/// The last `limit` characters, the first of them `…` if something was cut off.
pub(crate) fn tail(text: &str, limit: usize) -> Cow<'_, str> {
    let count = text.chars().count();
    if count <= limit {
        return Cow::Borrowed(text);
    }
    let kept = text.chars().skip(count - limit.saturating_sub(1));
    Cow::Owned(std::iter::once('…').chain(kept).collect())
}

/// The text, or its head and tail of `limit` characters together, with a line between them that
/// says how many are missing.
pub(crate) fn head_and_tail(text: &str, limit: usize) -> Cow<'_, str> {
    let count = text.chars().count();
    if count <= limit {
        return Cow::Borrowed(text);
    }
    let half = limit / 2;
    let head: String = text.chars().take(half).collect();
    let tail: String = text.chars().skip(count - half).collect();
    Cow::Owned(format!(
        "{head}\n[{} characters omitted]\n{tail}",
        count - 2 * half
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cutting_counts_characters_and_never_splits_one() {
        assert_eq!(truncate("żółw", 4), "żółw");
        assert_eq!(truncate("żółwie", 4), "żół…");
        assert_eq!(tail("żółwie", 4), "…wie");
        assert_eq!(tail("ab", 4), "ab");
        assert_eq!(head_and_tail("żółwie", 4), "żó\n[2 characters omitted]\nie");
    }
}

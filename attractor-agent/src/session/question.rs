//! Whether an answer is a question to the user; pure.

/// An answer that ends in a question mark awaits input (coding-agent-loop-spec 2.3); closing
/// marks, quotes and emphasis after it don't count.
pub(super) fn is_question(answer: &str) -> bool {
    answer
        .trim_end_matches([' ', '\n', '\r', '\t', '*', '_', '"', '\'', ')', '`'])
        .ends_with('?')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_final_question_counts() {
        assert!(is_question("Which of the two do you want?\n"));
        assert!(is_question("**Shall I go on?**"));
        assert!(!is_question("Why did it fail? Because of the path."));
        assert!(!is_question(""));
    }
}

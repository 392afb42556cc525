//! When models' knowledge ends, as their makers have published it; data.

use super::family::bare;

/// Beginnings of models' names with the date, the longer name first where one begins another.
const CUTOFFS: &[(&str, &str)] = &[
    ("claude-sonnet-4-6", "August 2025"),
    ("claude-opus-4-6", "May 2025"),
    ("claude-opus-4-5", "May 2025"),
    ("claude-haiku-4-5", "February 2025"),
    ("claude-sonnet-4-5", "January 2025"),
    ("gpt-5.4", "2025-08-31"),
    ("gpt-5.3-codex", "2025-08-31"),
    ("gpt-5.2", "2025-08-31"),
    ("gpt-5.1", "2024-09-30"),
    ("gpt-5-mini", "2024-05-31"),
    ("gpt-5-nano", "2024-05-31"),
    ("gpt-5-", "2024-09-30"),
    ("gemini-3.1-pro", "January 2025"),
    ("gemini-3-", "January 2025"),
    ("gemini-2.5-", "January 2025"),
];

/// The date up to which a model's knowledge is reliable; nothing where that isn't published, or not
/// known here.
pub(super) fn cutoff(model: &str) -> Option<&'static str> {
    let name = bare(model);
    let matches = |start: &str| name.starts_with(start) || name == start.trim_end_matches('-');
    let known = CUTOFFS.iter().find(|(start, _)| matches(start));
    known.map(|(_, date)| *date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_found_by_the_beginning_of_its_name() {
        let cases = [
            ("claude-opus-4-6", Some("May 2025")),
            ("claude-sonnet-4-5-20250929", Some("January 2025")),
            ("gpt-5", Some("2024-09-30")),
            ("gpt-5-codex", Some("2024-09-30")),
            ("openai/gpt-5.2-codex", Some("2025-08-31")),
            ("gpt-5.9", None),
            ("gemini-3-pro-preview", Some("January 2025")),
            ("qwen3-coder", None),
        ];
        for (model, expected) in cases {
            assert_eq!(cutoff(model), expected, "{model}");
        }
    }
}

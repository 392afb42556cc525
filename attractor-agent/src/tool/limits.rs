//! How much of each tool's output a model is shown: one table.

use std::collections::BTreeMap;

use super::truncate::{OutputLimit, TruncationMode};

/// The default limit of a tool (coding-agent-loop-spec 5.2 and 5.3); tools that the table doesn't
/// name get that of `shell` in characters.
///
/// `grep`, `glob` and `list_dir` keep their beginning: the first matches, the newest files and the
/// top of a directory come first.
#[must_use]
pub fn output_limit(tool: &str) -> OutputLimit {
    use TruncationMode::{Head, HeadTail, Tail};
    match tool {
        "read_file" | "read_many_files" | "web_fetch" => OutputLimit::new(50_000, HeadTail),
        "shell" => OutputLimit::new(30_000, HeadTail).max_lines(256),
        // Ten thousand tokens, what codex shows.
        "exec_command" | "write_stdin" => OutputLimit::new(40_000, HeadTail),
        "grep" => OutputLimit::new(20_000, Head).max_lines(200),
        "glob" | "list_dir" => OutputLimit::new(20_000, Head).max_lines(500),
        "edit_file" | "apply_patch" => OutputLimit::new(10_000, Tail),
        "write_file" => OutputLimit::new(1_000, Tail),
        "spawn_agent" | "wait" | "close_agent" => OutputLimit::new(20_000, HeadTail),
        _ => OutputLimit::new(30_000, HeadTail),
    }
}

/// The table with a session's changes.
#[derive(Debug, Clone, Default)]
pub(crate) struct OutputLimits {
    pub(crate) chars: BTreeMap<String, usize>,
    pub(crate) lines: BTreeMap<String, usize>,
}

impl OutputLimits {
    pub(crate) fn of(&self, tool: &str) -> OutputLimit {
        let mut limit = output_limit(tool);
        if let Some(&chars) = self.chars.get(tool) {
            limit.max_chars = chars;
        }
        if let Some(&lines) = self.lines.get(tool) {
            limit.max_lines = Some(lines);
        }
        limit
    }
}

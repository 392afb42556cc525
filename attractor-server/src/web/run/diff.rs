//! What a tool call changes in a file, as lines that come and go; pure.

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::limits::DIFF_LINES;

/// A line of a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::web) struct DiffLine {
    /// `add`, `del`, `same`, `place` or `gap`; a class of the page.
    pub(in crate::web) class: &'static str,
    pub(in crate::web) text: String,
}

impl DiffLine {
    fn new(class: &'static str, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { class, text }
    }

    /// The sign before it, for those who don't see colours.
    pub(in crate::web) fn sign(&self) -> &'static str {
        match self.class {
            "add" => "+",
            "del" => "−",
            _ => " ",
        }
    }
}

/// Lines around a change that are shown.
const CONTEXT: usize = 3;

/// The difference between two texts.
pub(in crate::web) fn between(old: &str, new: &str) -> Vec<DiffLine> {
    let diff = TextDiff::from_lines(old, new);
    let mut lines = Vec::new();
    for (number, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if number > 0 {
            lines.push(DiffLine::new("gap", "⋯"));
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let class = match change.tag() {
                ChangeTag::Equal => "same",
                ChangeTag::Delete => "del",
                ChangeTag::Insert => "add",
            };
            lines.push(DiffLine::new(
                class,
                change.value().trim_end_matches(['\r', '\n']),
            ));
        }
    }
    lines
}

/// What a call of a tool that writes files changes; nothing for other tools.
pub(super) fn of_call(tool: &str, arguments: &Value) -> Vec<DiffLine> {
    let text = |name: &str| arguments.get(name).and_then(Value::as_str);
    let mut lines = match tool {
        "apply_patch" => {
            let patch = arguments
                .as_str()
                .or_else(|| text("patch"))
                .or_else(|| text("input"));
            patch.map(of_patch).unwrap_or_default()
        }
        "edit_file" => match (text("old_string"), text("new_string")) {
            (Some(old), Some(new)) => between(old, new),
            _ => Vec::new(),
        },
        "write_file" => {
            let content = text("content").unwrap_or_default();
            content
                .lines()
                .map(|line| DiffLine::new("add", line))
                .collect()
        }
        _ => Vec::new(),
    };
    if lines.len() > DIFF_LINES {
        let more = lines.len() - DIFF_LINES;
        lines.truncate(DIFF_LINES);
        lines.push(DiffLine::new("gap", format!("⋯ {more} more lines")));
    }
    lines
}

/// A patch's own lines.
fn of_patch(patch: &str) -> Vec<DiffLine> {
    let lines = patch
        .lines()
        .filter(|line| !matches!(*line, "*** Begin Patch" | "*** End Patch"));
    let line = |line: &str| match (line.get(..1), line.get(1..)) {
        (Some("+"), Some(rest)) => DiffLine::new("add", rest),
        (Some("-"), Some(rest)) => DiffLine::new("del", rest),
        (Some(" "), Some(rest)) => DiffLine::new("same", rest),
        (Some("*"), _) => DiffLine::new("place", line.trim_start_matches("*** ")),
        _ => DiffLine::new("gap", line),
    };
    lines.map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn drawn(lines: &[DiffLine]) -> String {
        let lines = lines
            .iter()
            .map(|line| format!("{}{}", line.sign(), line.text));
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn an_edit_shows_what_comes_and_goes() {
        let edit = json!({"file_path": "a", "old_string": "a\nb\nc", "new_string": "a\nB\nc"});
        assert_eq!(drawn(&of_call("edit_file", &edit)), " a\n−b\n+B\n c");
        let file = json!({"file_path": "a", "content": "x\ny\n"});
        assert_eq!(drawn(&of_call("write_file", &file)), "+x\n+y");
        let patch = "*** Begin Patch\n*** Update File: a\n@@ fn x\n a\n-b\n+B\n*** End Patch";
        let lines = of_call("apply_patch", &json!({"patch": patch}));
        assert_eq!(drawn(&lines), " Update File: a\n @@ fn x\n a\n−b\n+B");
        assert_eq!(of_call("shell", &json!({"command": "ls"})), []);
    }

    #[test]
    fn a_long_difference_is_cut() {
        let file = json!({"content": "x\n".repeat(DIFF_LINES + 7)});
        let lines = of_call("write_file", &file);
        assert_eq!(lines.len(), DIFF_LINES + 1);
        assert_eq!(lines.last().unwrap().text, "⋯ 7 more lines");
    }
}

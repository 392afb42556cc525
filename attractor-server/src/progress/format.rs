//! Durations, token counts and money in a form that stays put while it grows.

use std::time::Duration;

use attractor_core::{BranchPath, Commit, CommitCause};

/// `0.4s`, `12s`, `3m 05s`, `2h 07m`.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..=9 => format!("{}.{}s", seconds, duration.subsec_millis() / 100),
        10..=59 => format!("{seconds}s"),
        60..=3599 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h {:02}m", seconds / 3600, seconds % 3600 / 60),
    }
}

/// `950`, `12.4k`, `3.1M`.
pub(crate) fn count(count: u64) -> String {
    match count {
        0..=999 => count.to_string(),
        1_000..=999_999 => format!("{}.{}k", count / 1_000, count % 1_000 / 100),
        _ => format!("{}.{}M", count / 1_000_000, count % 1_000_000 / 100_000),
    }
}

/// Micro-dollars as `$0.0123`: cents for large amounts, more digits for small ones.
pub(crate) fn usd(micro: u64) -> String {
    let (dollars, rest) = (micro / 1_000_000, micro % 1_000_000);
    if dollars >= 10 {
        format!("${dollars}.{:02}", rest / 10_000)
    } else {
        format!("${dollars}.{:04}", rest / 100)
    }
}

/// A text without what moves the cursor, changes colours or does worse to a terminal: escape
/// sequences and control characters other than the end of a line.
pub(crate) fn harmless(text: &str) -> String {
    let plain = anstream::adapter::strip_str(text).to_string();
    let lines = plain
        .replace("\r\n", "\n")
        .replace(['\r', '\u{b}', '\u{c}'], "\n");
    lines
        .replace('\t', " ")
        .chars()
        .filter(|c| *c == '\n' || !c.is_control())
        .collect()
}

/// The first line of a text, cut to `width` characters.
pub(crate) fn line(text: &str, width: usize) -> String {
    let text = harmless(text);
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let whole = first.chars().count() <= width && lines.next().is_none();
    if whole {
        return first.to_owned();
    }
    let kept: String = first.chars().take(width.saturating_sub(1)).collect();
    kept.trim_end().to_owned() + "…"
}

/// An error in one line: what failed, and the last thing that was said about it.
pub(crate) fn failure(text: &str, width: usize) -> String {
    let text = harmless(text);
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    match lines.next_back() {
        Some(last) => line(&format!("{first} … {last}"), width),
        None => line(first, width),
    }
}

/// A stage's name: its node, in a branch after the branch's id unless that is the same.
pub(crate) fn stage(branch: Option<&BranchPath>, node: &str) -> String {
    match branch.map(BranchPath::id) {
        Some(id) if id != node => format!("{id}/{node}"),
        _ => node.to_owned(),
    }
}

/// What stands before something that a stage says, where several may speak at a time.
pub(crate) fn speaker(branch: Option<&BranchPath>, node: &str) -> String {
    branch.map_or_else(String::new, |_| stage(branch, node) + ": ")
}

/// What is to be known of a commit of the run's files: what nobody expects in it.
pub(crate) fn commit(commit: &Commit) -> Option<String> {
    let files = line(&commit.files.join(", "), 100);
    let count = commit.changed_files;
    let plural = if count == 1 { "" } else { "s" };
    match commit.cause {
        CommitCause::Resume => Some(format!(
            "{count} file{plural} changed while the run stood still, kept and committed: {files}"
        )),
        _ if commit.left_out > 0 => Some(format!(
            "{} new files are too many or too large to commit",
            commit.left_out
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_grow_from_tenths_to_hours() {
        let shown = |ms| duration(Duration::from_millis(ms));
        assert_eq!(shown(420), "0.4s");
        assert_eq!(shown(12_900), "12s");
        assert_eq!(shown(185_000), "3m 05s");
        assert_eq!(shown(7_620_000), "2h 07m");
    }

    #[test]
    fn counts_and_amounts_keep_their_leading_digits() {
        assert_eq!(
            [count(950), count(12_430), count(3_150_000)],
            ["950", "12.4k", "3.1M"]
        );
        assert_eq!(
            [usd(12_345), usd(1_500_000), usd(12_345_678)],
            ["$0.0123", "$1.5000", "$12.34"]
        );
    }

    #[test]
    fn a_failure_shows_its_first_and_its_last_line() {
        assert_eq!(
            failure("exit code 1\nok\n\nFAILED 3\n", 40),
            "exit code 1 … FAILED 3"
        );
        assert_eq!(failure("exit code 1\n", 40), "exit code 1");
    }

    #[test]
    fn what_would_play_with_the_terminal_is_taken_out() {
        let nasty = "\u{1b}[31mred\u{1b}[0m\u{1b}[2J\u{1b}]0;title\u{7} 10%\r20%\r\nend\0\u{9b}";
        assert_eq!(harmless(nasty), "red 10%\n20%\nend");
    }

    #[test]
    fn a_stage_in_a_branch_is_named_after_both() {
        let branch = "outer/plan/fan/fast".parse().unwrap();
        assert_eq!(stage(None, "work"), "work");
        assert_eq!(stage(Some(&branch), "work"), "fast/work");
        assert_eq!(stage(Some(&branch), "fast"), "fast");
        assert_eq!(speaker(None, "work"), "");
        assert_eq!(speaker(Some(&branch), "work"), "fast/work: ");
    }

    #[test]
    fn lines_are_cut_between_characters() {
        assert_eq!(line("  größer\nmore", 20), "größer…");
        assert_eq!(line("größer als alles", 8), "größer…");
        assert_eq!(line("short", 8), "short");
    }
}

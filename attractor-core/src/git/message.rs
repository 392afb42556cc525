//! What a commit says: a line for people, and trailers for programs.

use std::fmt::Write as _;

use crate::run::{BranchPath, CommitCause};
use crate::text::truncate;

/// Characters of an outcome's word in a commit.
const WORD_CHARACTERS: usize = 60;

/// What is committed.
#[derive(Clone, Debug, Default)]
pub(super) struct Message<'a> {
    pub(super) run_id: &'a str,
    pub(super) branch: Option<&'a BranchPath>,
    pub(super) node: Option<&'a str>,
    pub(super) index: Option<u64>,
    pub(super) attempt: Option<u32>,
    pub(super) outcome: Option<&'a str>,
}

impl Message<'_> {
    /// The message of a commit that was made because of this.
    pub(super) fn render(&self, cause: CommitCause) -> String {
        let outcome = self.outcome.map(one_line);
        let node = self.node.unwrap_or_default();
        let head = match cause {
            CommitCause::Start => "the files as the run found them".to_owned(),
            CommitCause::Stage => {
                let outcome = outcome.as_deref().unwrap_or("done");
                format!("{node}: {outcome}")
            }
            CommitCause::Resume => "what was changed while the run stood still".to_owned(),
            CommitCause::BranchEnd => "what the branch left behind".to_owned(),
            CommitCause::Outside => "what was changed beside the branches".to_owned(),
            CommitCause::Merge => format!("{node}: merge a branch"),
            CommitCause::Rewind => "the files before the run was rewound".to_owned(),
        };
        let mut text = format!("attractor: {head}\n\n");
        let mut add = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                let _ = writeln!(text, "Attractor-{key}: {value}");
            }
        };
        add("Run", Some(self.run_id.to_owned()));
        add("Cause", Some(cause.name().to_owned()));
        add("Branch", self.branch.map(ToString::to_string));
        add("Node", self.node.map(str::to_owned));
        add("Index", self.index.map(|index| index.to_string()));
        add("Attempt", self.attempt.map(|attempt| attempt.to_string()));
        add("Outcome", outcome);
        text
    }
}

/// A word without what would make another trailer of it.
fn one_line(word: &str) -> String {
    let plain: String = word
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    truncate(plain.trim(), WORD_CHARACTERS).replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_says_which_attempt_it_was_and_how_it_ended() {
        let message = Message {
            run_id: "run-1",
            node: Some("fix"),
            index: Some(2),
            attempt: Some(1),
            outcome: Some("needs\nAttractor-Node: other"),
            ..Message::default()
        };
        assert_eq!(
            message.render(CommitCause::Stage),
            "attractor: fix: needs Attractor-Node: other\n\nAttractor-Run: run-1\n\
             Attractor-Cause: stage\nAttractor-Node: fix\nAttractor-Index: 2\n\
             Attractor-Attempt: 1\nAttractor-Outcome: needs Attractor-Node: other\n"
        );
    }
}

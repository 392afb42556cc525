//! The names of a run's branch, references and working trees.

use std::borrow::Cow;

use crate::engine::clock;
use crate::run::BranchKey;

/// Bytes of a name that becomes a file: file systems allow 255, and git adds `.lock`.
const NAME_BYTES: usize = 150;

/// The branch of a run.
pub(super) fn branch(run_id: &str) -> String {
    format!("refs/heads/attractor/run/{run_id}")
}

/// Where the commits of a branch of a parallel node stay findable.
pub(super) fn of_branch(run_id: &str, name: &str) -> String {
    format!("refs/attractor/{run_id}/branch/{name}")
}

/// Where a commit stays findable that something else has replaced.
pub(super) fn backup(run_id: &str, name: &str) -> String {
    format!("refs/attractor/{run_id}/{name}")
}

/// A name for a branch that no other one of the run has, in this or any earlier execution of its
/// parallel node. Identifiers have no dash.
pub(super) fn file(key: &BranchKey) -> String {
    let mut parts = Vec::new();
    let mut next = Some(key);
    while let Some(key) = next {
        let stage = &key.stage;
        let node = format!("{}-{}-{}", stage.node, stage.restart, stage.execution);
        parts.push(format!("{node}--{}", key.path.id()));
        next = stage.branch.as_deref();
    }
    parts.reverse();
    shorten(&parts.join("--")).into_owned()
}

fn shorten(name: &str) -> Cow<'_, str> {
    match name.get(..NAME_BYTES) {
        Some(head) if head.len() < name.len() => {
            format!("{head}-{:016x}", clock::hash(name.as_bytes())).into()
        }
        _ => name.into(),
    }
}

/// Whether a run's id can be the name of a branch: letters, digits, `-`, `_` and single dots.
pub(crate) fn is_valid_run_id(run_id: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let dots = run_id.starts_with('.') || run_id.ends_with('.') || run_id.contains("..");
    let reserved = run_id.starts_with('-') || run_id.ends_with(".lock");
    !run_id.is_empty()
        && run_id.len() <= NAME_BYTES
        && run_id.chars().all(allowed)
        && !dots
        && !reserved
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::StageKey;

    #[test]
    fn a_branch_has_a_name_of_its_own_in_each_execution() {
        let fan = StageKey::first("fan".parse().unwrap()).with_execution(2);
        let inner = StageKey::first("deep".parse().unwrap()).with_branch(fan.clone(), "fix");
        let leaf = StageKey::first("x".parse().unwrap()).with_branch(inner, "fast-2");
        let name = file(leaf.branch.as_deref().unwrap());
        assert_eq!(name, "fan-0-2--fix--deep-0-1--fast-2");
    }

    #[test]
    fn ids_that_git_refuses_are_refused() {
        for good in ["run-1", "20261123-001122-3f9a1c", "a.b_c"] {
            assert!(is_valid_run_id(good), "{good}");
        }
        for bad in [
            "",
            "a/b",
            "a..b",
            "-x",
            "x.lock",
            "ä",
            "a b",
            "x.",
            &"a".repeat(151),
        ] {
            assert!(!is_valid_run_id(bad), "{bad}");
        }
    }
}

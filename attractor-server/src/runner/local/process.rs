//! A process by its number and its beginning: numbers are given again, both together aren't.

use serde::{Deserialize, Serialize};

/// Which process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    /// Its number, which is its group's too.
    pub(super) pid: i32,
    /// When it began, as the system counts; 0 where the system doesn't say.
    pub(super) began: u64,
}

impl Identity {
    /// The process that has a number now.
    pub(super) fn of(pid: u32) -> Option<Self> {
        let pid = i32::try_from(pid).ok()?;
        let began = began(pid).unwrap_or(0);
        Some(Self { pid, began })
    }

    /// Whether that process is there, and no other that has its number.
    pub(super) fn is_alive(self) -> bool {
        exists(self.pid) && began(self.pid).is_none_or(|began| began == self.began)
    }

    /// Asks all processes of its group to end.
    pub(super) fn terminate(self) {
        self.signal(Signal::Term);
    }

    /// Ends all processes of its group.
    pub(super) fn kill(self) {
        self.signal(Signal::Kill);
    }

    /// Whether any process of its group is left.
    pub(super) fn group_is_alive(self) -> bool {
        group_exists(self.pid)
    }
}

#[derive(Clone, Copy)]
enum Signal {
    Term,
    Kill,
}

#[cfg(unix)]
impl Identity {
    fn signal(self, signal: Signal) {
        use rustix::process::{Pid, Signal as Unix, kill_process_group};
        let signal = match signal {
            Signal::Term => Unix::TERM,
            Signal::Kill => Unix::KILL,
        };
        if let Some(group) = Pid::from_raw(self.pid) {
            // A group that is gone is what is wanted.
            let _ = kill_process_group(group, signal);
        }
    }
}

#[cfg(not(unix))]
impl Identity {
    fn signal(self, _signal: Signal) {}
}

#[cfg(unix)]
fn exists(pid: i32) -> bool {
    use rustix::process::{Pid, test_kill_process};
    Pid::from_raw(pid).is_some_and(|pid| test_kill_process(pid).is_ok()) && !is_dead(pid)
}

#[cfg(not(unix))]
fn exists(_pid: i32) -> bool {
    false
}

#[cfg(unix)]
fn group_exists(pid: i32) -> bool {
    use rustix::process::{Pid, test_kill_process_group};
    Pid::from_raw(pid).is_some_and(|pid| test_kill_process_group(pid).is_ok())
        && has_living_member(pid)
}

/// Whether a process of a group does anything still: where nobody takes note of the end of orphans, they
/// stay in the table.
#[cfg(target_os = "linux")]
fn has_living_member(group: i32) -> bool {
    let group = group.to_string();
    // The second field behind the state is the group.
    all().any(|pid| stat(pid).is_some_and(|fields| fields.get(2) == Some(&group)) && !is_dead(pid))
}

#[cfg(all(unix, not(target_os = "linux")))]
fn has_living_member(_group: i32) -> bool {
    true
}

#[cfg(not(unix))]
fn group_exists(_pid: i32) -> bool {
    false
}

/// The fields of `/proc/PID/stat` behind the program's name, which may have anything in it.
#[cfg(target_os = "linux")]
fn stat(pid: i32) -> Option<Vec<String>> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(')')?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}

/// Whether it has ended and only its parent hasn't noticed.
#[cfg(target_os = "linux")]
fn is_dead(pid: i32) -> bool {
    stat(pid).is_some_and(|fields| matches!(fields.first().map(String::as_str), Some("Z" | "X")))
}

#[cfg(all(unix, not(target_os = "linux")))]
fn is_dead(_pid: i32) -> bool {
    false
}

#[cfg(target_os = "linux")]
fn began(pid: i32) -> Option<u64> {
    // The 22nd field, of which two are before the name's end.
    stat(pid)?.get(19)?.parse().ok()
}

#[cfg(not(target_os = "linux"))]
fn began(_pid: i32) -> Option<u64> {
    None
}

/// The numbers of all processes.
#[cfg(target_os = "linux")]
fn all() -> impl Iterator<Item = i32> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Kills what a run's stages have started in groups of their own and an ended runner has left, by the
/// variable that all of them have: whether there was anything.
#[cfg(target_os = "linux")]
pub(super) fn kill_left_overs(run: &crate::domain::RunId) -> bool {
    let wanted = format!("ATTRACTOR_RUN_ID={run}");
    let mut found = false;
    for pid in all() {
        // Those of other users can't be read, and aren't ours; of one that has ended nothing is left.
        let Ok(variables) = std::fs::read(format!("/proc/{pid}/environ")) else {
            continue;
        };
        let is_of_run = variables
            .split(|byte| *byte == 0)
            .any(|variable| variable == wanted.as_bytes());
        if is_of_run && let Some(pid) = rustix::process::Pid::from_raw(pid) {
            found = true;
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
    }
    found
}

#[cfg(not(target_os = "linux"))]
pub(super) fn kill_left_overs(_run: &crate::domain::RunId) -> bool {
    false
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_told_from_another_with_its_number() {
        let own = Identity::of(std::process::id()).unwrap();
        assert!(own.began > 0 && own.is_alive());
        let other = Identity {
            began: own.began + 1,
            ..own
        };
        assert!(!other.is_alive());
    }
}

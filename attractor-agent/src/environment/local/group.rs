//! Process groups: everything that a command starts is ended with it.

use std::{io, process::ExitStatus};

use tokio::{
    process::Command,
    task::spawn_blocking,
    time::{Instant, sleep_until},
};

use crate::limits;

/// Kills the group when it is dropped, unless it was let go before.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) id: u32,
    armed: bool,
}

impl Group {
    pub(super) fn new(id: u32) -> Self {
        Self { id, armed: true }
    }

    /// Lets the group live on.
    pub(super) fn disarm(&mut self) {
        self.armed = false;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if self.armed {
            kill_group(self.id);
        }
    }
}

/// A new session: children share its process group, and none has a terminal to ask questions on.
#[cfg(unix)]
pub(super) fn own_session(process: &mut Command) {
    #[expect(
        unsafe_code,
        reason = "setsid is async-signal-safe and touches no memory of ours"
    )]
    unsafe {
        process.pre_exec(|| rustix::process::setsid().map(drop).map_err(io::Error::from));
    }
}

#[cfg(unix)]
fn signal_group(group: u32, signal: rustix::process::Signal) {
    let id = i32::try_from(group)
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    if let Some(id) = id {
        // The group may have ended by itself.
        let _ = rustix::process::kill_process_group(id, signal);
    }
}

#[cfg(unix)]
pub(super) fn interrupt_group(group: u32) {
    signal_group(group, rustix::process::Signal::INT);
}

#[cfg(unix)]
pub(super) fn terminate_group(group: u32) {
    signal_group(group, rustix::process::Signal::TERM);
}

#[cfg(unix)]
pub(super) fn kill_group(group: u32) {
    signal_group(group, rustix::process::Signal::KILL);
}

#[cfg(unix)]
pub(super) fn group_exists(group: u32) -> bool {
    i32::try_from(group)
        .ok()
        .and_then(rustix::process::Pid::from_raw)
        .is_some_and(|id| rustix::process::test_kill_process_group(id).is_ok())
}

/// Waits until nothing of the group runs any more, or this moment has come.
pub(super) async fn until_gone(group: u32, deadline: Instant) {
    let mut pause = limits::GROUP_POLL;
    while group_exists(group) && Instant::now() < deadline {
        // Looking at many processes takes a while.
        let looked = spawn_blocking(move || has_only_zombies(group)).await;
        if looked.unwrap_or(false) {
            return;
        }
        sleep_until(deadline.min(Instant::now() + pause)).await;
        pause = (2 * pause).min(limits::GROUP_POLL_LONGEST);
    }
}

/// Whether all processes of the group are dead and only wait to be reaped: by the first process of the
/// system, where their parent is gone, and in a container that is often one which never does.
#[cfg(target_os = "linux")]
fn has_only_zombies(group: u32) -> bool {
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return false;
    };
    let stats = processes.flatten().filter_map(|process| {
        let name = process.file_name();
        name.to_str()?.parse::<u32>().ok()?;
        // One that is gone by now doesn't run.
        std::fs::read_to_string(process.path().join("stat")).ok()
    });
    !stats.into_iter().any(|stat| runs_in(&stat, group))
}

/// Whether the process of this line of `/proc/PID/stat` is of the group and not dead.
#[cfg(target_os = "linux")]
fn runs_in(stat: &str, group: u32) -> bool {
    // Behind the name, which may have blanks and brackets: state, parent, group.
    let behind = stat.rsplit_once(')').map_or("", |(_, behind)| behind);
    let mut fields = behind.split_ascii_whitespace();
    let state = fields.next().unwrap_or("Z");
    let of_group = fields.nth(1).and_then(|field| field.parse().ok()) == Some(group);
    of_group && !matches!(state, "Z" | "X" | "x")
}

#[cfg(not(target_os = "linux"))]
fn has_only_zombies(_group: u32) -> bool {
    false
}

/// The exit code; 128 + n where signal n ended the command, as far as that is known.
#[cfg(unix)]
pub(super) fn exit_code(status: Option<ExitStatus>) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    const KILLED: i32 = 128 + 9;
    match status {
        Some(status) => status
            .code()
            .or_else(|| status.signal().map(|signal| 128 + signal))
            .unwrap_or(KILLED),
        None => KILLED,
    }
}

// Elsewhere there are no process groups: only the command itself is ended, by `kill_on_drop`.
#[cfg(not(unix))]
pub(super) fn own_session(_process: &mut Command) {}
#[cfg(not(unix))]
pub(super) fn terminate_group(_group: u32) {}
#[cfg(not(unix))]
pub(super) fn kill_group(_group: u32) {}
#[cfg(not(unix))]
pub(super) fn group_exists(_group: u32) -> bool {
    false
}
#[cfg(not(unix))]
pub(super) fn exit_code(status: Option<ExitStatus>) -> i32 {
    status.and_then(|status| status.code()).unwrap_or(1)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_dead_of_a_group_do_not_run() {
        let stat = |name: &str, state: &str, group: u32| {
            format!("4321 ({name}) {state} 1 {group} {group} 0 -1 4194560")
        };
        assert!(runs_in(&stat("sleep", "S", 77), 77));
        assert!(runs_in(&stat("a) Z 1 5 (", "R", 77), 77));
        assert!(!runs_in(&stat("sleep", "Z", 77), 77));
        assert!(!runs_in(&stat("a) R 1 77 (", "Z", 77), 77));
        assert!(!runs_in(&stat("sleep", "S", 78), 77));
        assert!(!runs_in("", 77));
    }
}

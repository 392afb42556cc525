//! Process groups: everything that a command starts is ended with it.

use std::{io, process::ExitStatus};

use tokio::process::Command;

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

//! Processes of this machine, whoever has started them.

use std::fs::read_to_string;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

/// Longer than anything that a process is waited for takes on a machine that does something else, too.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Whether a process is there and hasn't ended; one that waits to be reaped has.
pub(crate) fn is_alive(pid: i32) -> bool {
    let Ok(stat) = read_to_string(format!("/proc/{pid}/stat")) else {
        return !Path::new("/proc/self").exists() && test_kill_process(of(pid)).is_ok();
    };
    let state = stat.rsplit_once(") ").map(|(_, rest)| rest);
    state.is_some_and(|state| !state.starts_with(['Z', 'X']))
}

/// Sends a signal; a process that has ended already is as dead as it is to be.
pub(crate) fn kill(pid: i32, signal: Signal) {
    let _ = kill_process(of(pid), signal);
}

/// Waits until a process has ended, and lets others work meanwhile.
pub(crate) async fn gone(pid: i32) {
    let waited = tokio::time::timeout(PATIENCE, async {
        while is_alive(pid) {
            tokio::task::yield_now().await;
        }
    });
    assert!(waited.await.is_ok(), "process {pid} is still running");
}

/// The same where nobody else works.
pub(crate) fn wait_for_the_end_of(pid: i32) {
    let until = Instant::now() + PATIENCE;
    while is_alive(pid) {
        assert!(Instant::now() < until, "process {pid} is still running");
        std::thread::yield_now();
    }
}

fn of(pid: i32) -> Pid {
    Pid::from_raw(pid).unwrap()
}

//! Signals that this process ignores and its commands shouldn't.
//!
//! A shell without job control starts a program in the background (`attractor run … &` in a script)
//! with the interrupt ignored, and what the program starts inherits that: an agent couldn't interrupt
//! its own commands. A signal that has a handler isn't ignored in a new program. So where such a signal
//! is ignored, it gets a handler that does nothing: to this process it's the same.

use std::sync::Once;

use tokio::signal::unix::{SignalKind, signal};

/// Sees to it, once, that commands can be interrupted.
pub(super) fn let_commands_be_interrupted() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        for kind in [SignalKind::interrupt(), SignalKind::quit()] {
            if is_ignored(&status, kind.as_raw_value()) {
                // The handler stays when its receiver is gone. Without it, commands ignore the signal.
                drop(signal(kind));
            }
        }
    });
}

/// What the kernel says of a process: whether it ignores a signal.
fn is_ignored(status: &str, signal: i32) -> bool {
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_ignored_by_its_bit() {
        let status = "SigBlk:\t0000000000000000\nSigIgn:\t0000000000001002\n";
        assert!(is_ignored(status, 2));
        assert!(is_ignored(status, 13));
        assert!(!is_ignored(status, 3));
        assert!(!is_ignored("", 2));
    }
}

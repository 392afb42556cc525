//! Which process a tool stage has started, kept in its directory, so that what a killed process of
//! ours left running is found and ended when the run goes on.

use std::path::Path;

/// The file of a stage's directory that names its process while there is one.
const RECORD: &str = "process.json";

#[cfg(target_os = "linux")]
pub(crate) use self::linux::end;
#[cfg(target_os = "linux")]
pub(super) use self::linux::keep;

/// Forgets the process of a stage, which has ended.
pub(super) fn forget(directory: &Path) {
    // A file that stays names a process that is gone, which is found out when it's looked for.
    let _ = std::fs::remove_file(directory.join(RECORD));
}

/// Keeps which process executes a stage. Without a `/proc`, a process can't be told from another
/// one that got its number later, and nothing is kept.
#[cfg(not(target_os = "linux"))]
pub(super) fn keep(_directory: &Path, _process: Option<u32>) {}

/// Ends what a stage left running; says whether there was something.
#[cfg(not(target_os = "linux"))]
pub(crate) async fn end(_directory: &Path) -> bool {
    false
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;
    use std::time::Duration;

    use rustix::process::{Pid, Signal, getpgrp, kill_process_group};
    use serde::{Deserialize, Serialize};
    use tokio::time::sleep;

    use super::RECORD;
    use crate::journal::{read_limited, write_new};
    use crate::run::limits::{LEFT_OVER_POLL_MS, LEFT_OVER_POLLS, STATUS_FILE_BYTES};

    /// A process that no other one can be taken for.
    #[derive(Debug, PartialEq, Deserialize, Serialize)]
    struct Record {
        version: u32,
        /// Its id, and that of its group.
        pid: i32,
        /// When it was started, in clock ticks since the machine was.
        started: u64,
        /// Which start of the machine that is.
        boot: String,
    }

    /// Keeps which process executes a stage.
    pub(in super::super) fn keep(directory: &Path, process: Option<u32>) {
        let Some(pid) = process.and_then(|id| i32::try_from(id).ok()) else {
            return;
        };
        let record = Stat::of(pid).zip(boot()).map(|(stat, boot)| Record {
            version: 1,
            pid,
            started: stat.started,
            boot,
        });
        let text = record.and_then(|record| serde_json::to_vec(&record).ok());
        if let Some(text) = text {
            // Without it the stage works as well; only its leftovers wouldn't be found.
            let _ = write_new(&directory.join(RECORD), &text);
        }
    }

    /// Ends what a stage left running; says whether there was something.
    ///
    /// The command itself is known by when it was started. If it has ended, or its start couldn't be
    /// kept any more, there are still the processes with the stage's directory in their environment.
    pub(crate) async fn end(directory: &Path) -> bool {
        let everything = processes();
        let record = read(directory);
        let is_command = |stat: &Stat| {
            let is_it = |record: &Record| stat.pid == record.pid && stat.started == record.started;
            record.as_ref().is_some_and(is_it)
        };
        let left = everything
            .iter()
            .filter(|stat| is_command(stat) || works_in(stat.pid, directory));
        let mut groups: BTreeSet<i32> = left.map(|stat| stat.group).collect();
        // Whoever resumes a run may have been given the same environment.
        groups.remove(&getpgrp().as_raw_pid());
        let groups: Vec<Pid> = groups.into_iter().filter_map(Pid::from_raw).collect();
        for &group in &groups {
            // What ends by itself just now is what is wanted.
            let _ = kill_process_group(group, Signal::KILL);
        }
        for _ in 0..LEFT_OVER_POLLS {
            let is_one = |stat: &Stat| groups.iter().any(|it| it.as_raw_pid() == stat.group);
            if groups.is_empty() || !processes().iter().any(is_one) {
                break;
            }
            sleep(Duration::from_millis(LEFT_OVER_POLL_MS)).await;
        }
        !groups.is_empty()
    }

    fn read(directory: &Path) -> Option<Record> {
        let bytes = read_limited(&directory.join(RECORD), STATUS_FILE_BYTES).ok()??;
        let record: Record = serde_json::from_slice(&bytes).ok()?;
        // 1 is the machine's first process, and no group of a command.
        (record.version == 1 && record.pid > 1 && Some(&record.boot) == boot().as_ref())
            .then_some(record)
    }

    fn boot() -> Option<String> {
        let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        Some(id.trim().to_owned())
    }

    /// What `/proc` says about a process.
    #[derive(Debug)]
    struct Stat {
        pid: i32,
        started: u64,
        group: i32,
        is_zombie: bool,
    }

    impl Stat {
        fn of(pid: i32) -> Option<Self> {
            let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            // The name in parentheses may hold anything.
            let (_, rest) = text.rsplit_once(')')?;
            let fields: Vec<&str> = rest.split_whitespace().collect();
            Some(Self {
                pid,
                started: fields.get(19)?.parse().ok()?,
                group: fields.get(2)?.parse().ok()?,
                is_zombie: fields.first() == Some(&"Z"),
            })
        }
    }

    /// The processes that haven't ended.
    fn processes() -> Vec<Stat> {
        let Ok(entries) = fs::read_dir("/proc") else {
            return Vec::new();
        };
        let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        let stats = pids.filter_map(Stat::of);
        // Group 0 is the kernel's, and 1 that of the machine's first process.
        stats
            .filter(|stat| !stat.is_zombie && stat.group > 1)
            .collect()
    }

    fn works_in(pid: i32, directory: &Path) -> bool {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let wanted = format!("ATTRACTOR_STAGE_DIR={}", directory.display());
        environment
            .split(|byte| *byte == 0)
            .any(|variable| variable == wanted.as_bytes())
    }
}

//! A disk that fills up while a run is kept on it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::harness::{Bench, json_lines, text};

/// A small file system of its own, taken away at the end.
pub(crate) struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Nothing where this may not be done.
    pub(crate) fn mount(place: &Path, size: &str) -> Option<SmallDisk> {
        std::fs::create_dir(place).unwrap();
        let disk = SmallDisk(place.to_owned());
        let options = format!("size={size}");
        let mounted = run(
            "mount",
            &["-t", "tmpfs", "-o", &options, "tmpfs", text(place)],
        );
        mounted.then_some(disk)
    }

    fn grow(&self, size: &str) {
        let options = format!("remount,size={size}");
        assert!(run("mount", &["-o", &options, text(&self.0)]));
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        run("umount", &["-l", text(&self.0)]);
    }
}

fn run(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[test]
fn a_run_on_a_full_disk_stops_with_a_reason_and_goes_on_once_there_is_room() {
    let bench = Bench::new();
    let place = bench.root().join("disk");
    let Some(disk) = SmallDisk::mount(&place, "400k") else {
        println!("SKIPPED: a small file system can't be mounted here; it takes root");
        return;
    };
    let ids: Vec<String> = (0..20).map(|number| format!("n{number}")).collect();
    let command = "echo $ATTRACTOR_NODE_ID >> order.txt; head -c 30000 /dev/zero | tr '\\\\0' x";
    let pipeline = format!(
        "digraph g {{ start [shape=Mdiamond]; exit [shape=Msquare]
         node [shape=parallelogram, tool_command=\"{command}\"]
         {}; start -> {} -> exit }}",
        ids.join("; "),
        ids.join(" -> ")
    );
    let file = bench.write("pipeline.dot", &pipeline);
    let logs = place.join("run");

    let stopped = bench.output(&["run", text(&file), "--logs", text(&logs)]);
    let stopped = stopped
        .exits(1)
        .says(&["No space left on device", "attractor resume"]);
    assert!(!stopped.stderr.contains("panicked"), "{}", stopped.stderr);
    let journal = || std::fs::read_to_string(logs.join("events.jsonl")).unwrap();
    let before = journal();
    let whole = before.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let entries = json_lines(whole);
    println!("the disk was full after {} entries", entries.len());
    assert!(entries.len() > 12, "some stages were finished");
    let full = bench.output(&["resume", text(&logs)]);
    full.exits(1).says(&["No space left on device"]);

    disk.grow("8m");
    bench.output(&["resume", text(&logs)]).exits(0);
    assert!(journal().starts_with(whole), "what was kept is still there");
    let order = std::fs::read_to_string(bench.work().join("order.txt")).unwrap();
    let done: Vec<_> = entries
        .iter()
        .filter(|entry| entry["event"] == "stage_completed")
        .collect();
    for id in &ids {
        let times = order.lines().filter(|line| line == id).count();
        let finished = done.iter().any(|entry| entry["node"] == id.as_str());
        assert!(
            times == 1 || (!finished && times > 1),
            "{id} was executed {times} times"
        );
    }
}

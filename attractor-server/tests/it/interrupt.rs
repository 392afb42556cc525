//! Ctrl-C: the run stops at once, nothing is left running, and the run can be resumed.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::time::Instant;

use rustix::process::Signal;

use crate::harness::{Bench, Finished, names, text};
use crate::process::{PATIENCE, is_alive, kill, wait_for_the_end_of};

/// The tool starts a child of its own, which ignores SIGTERM, and waits for a file.
const WAITS: &str = "digraph g {
    start [shape=Mdiamond]; exit [shape=Msquare]
    first [shape=parallelogram, tool_command=\"echo first >> order.txt\"]
    wait  [shape=parallelogram, tool_command=\"(trap '' TERM; while ! test -e go; do sleep 0.1; done) & echo $$ $! > pids.txt; wait\"]
    start -> first -> wait -> exit
}";

fn signal(signal: Signal, child: &Child) {
    kill(i32::try_from(child.id()).unwrap(), signal);
}

/// Starts `attractor run --json` and reads its events until the tool is at work.
fn start_and_wait_for_the_tool(bench: &Bench, pipeline: &str) -> Child {
    let file = bench.write("pipeline.dot", pipeline);
    let mut command =
        bench.attractor(&["run", text(&file), "--json", "--logs", text(&bench.logs())]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let events = BufReader::new(child.stdout.as_mut().expect("piped"));
    let at_work = |line: &str| line.contains("stage_started") && line.contains("\"wait\"");
    for line in events.lines() {
        if at_work(&line.expect("a line")) {
            break;
        }
    }
    child
}

/// Waits for a file that another process writes.
fn wait_for(path: &std::path::Path) -> String {
    let until = Instant::now() + PATIENCE;
    loop {
        match std::fs::read_to_string(path) {
            Ok(text) if text.ends_with('\n') => return text,
            _ => assert!(Instant::now() < until, "{} never came", path.display()),
        }
        std::thread::yield_now();
    }
}

/// The tool's shell and its child, once they are there.
fn pids(bench: &Bench) -> [i32; 2] {
    let pids = wait_for(&bench.work().join("pids.txt"));
    let (shell, child) = pids.trim().split_once(' ').unwrap();
    [shell, child].map(|pid| pid.parse().unwrap())
}

fn interrupts(how: Signal, code: i32) {
    let bench = Bench::new();
    let child = start_and_wait_for_the_tool(&bench, WAITS);
    let pids = pids(&bench);

    let asked = Instant::now();
    signal(how, &child);
    let finished = Finished::of(child.wait_with_output().unwrap());
    println!("stopped within {:?}", asked.elapsed());

    finished.exits(code);
    for pid in pids {
        wait_for_the_end_of(pid);
    }
    assert_eq!(names(&bench.journal()).last(), Some(&"run_interrupted"));

    bench.write("go", "");
    let resumed = bench.output(&["resume", text(&bench.logs())]).exits(0);
    assert!(
        resumed.stdout.contains("run succeeded"),
        "{}",
        resumed.stdout
    );
    let order = std::fs::read_to_string(bench.work().join("order.txt")).unwrap();
    assert_eq!(order, "first\n", "a finished node was executed again");
}

#[test]
fn ctrl_c_stops_the_tool_and_leaves_a_resumable_run() {
    interrupts(Signal::INT, 130);
}

#[test]
fn sigterm_does_the_same() {
    interrupts(Signal::TERM, 143);
}

/// Leaves a child that ignores SIGTERM, and is done at once the second time.
const LEAVES: &str = "digraph g {
    start [shape=Mdiamond]; exit [shape=Msquare]
    first [shape=parallelogram, tool_command=\"echo first >> order.txt\"]
    wait  [shape=parallelogram, tool_command=\"test -e pids.txt && exit; (trap '' TERM; sleep 600) & echo $$ $! > pids.txt; LEAVE\"]
    start -> first -> wait -> exit
}";

/// Kills attractor while the tool is at work; the run goes on, and nothing of the tool is left.
fn leaves_nothing_running(leave: &str) {
    let bench = Bench::new();
    let child = start_and_wait_for_the_tool(&bench, &LEAVES.replace("LEAVE", leave));
    let [shell, sleeper] = pids(&bench);

    signal(Signal::KILL, &child);
    assert_eq!(Finished::of(child.wait_with_output().unwrap()).code, None);
    if leave == "wait" {
        assert!(is_alive(shell), "nobody was left to stop the tool");
    } else {
        wait_for_the_end_of(shell);
    }
    assert!(is_alive(sleeper), "nobody was left to stop its child");

    let resumed = bench.output(&["resume", text(&bench.logs())]).exits(0);
    let order = std::fs::read_to_string(bench.work().join("order.txt")).unwrap();
    assert_eq!(order, "first\n", "a finished node was executed again");
    let stages = resumed.stdout.lines().find(|line| line.contains("stages"));
    assert_eq!(
        stages.unwrap().split_whitespace().last(),
        Some("4"),
        "of the whole run"
    );
    if cfg!(target_os = "linux") {
        wait_for_the_end_of(shell);
        wait_for_the_end_of(sleeper);
    } else {
        println!("SKIPPED: what a killed run leaves running is found on Linux only");
        kill(shell, Signal::KILL);
        kill(sleeper, Signal::KILL);
    }
    assert!(!bench.logs().join("wait/process.json").exists());
}

#[test]
fn kill_leaves_a_resumable_run_and_the_resume_ends_what_was_left_running() {
    leaves_nothing_running("wait");
}

#[test]
fn a_resume_finds_the_group_of_a_tool_whose_shell_has_ended() {
    leaves_nothing_running("kill -9 $PPID; exit 0");
}

#[test]
fn a_run_that_is_still_executed_cannot_be_resumed_by_another_process() {
    let bench = Bench::new();
    let child = start_and_wait_for_the_tool(&bench, WAITS);
    pids(&bench);

    bench
        .output(&["resume", text(&bench.logs())])
        .exits(2)
        .says(&["is executing the run"]);

    signal(Signal::INT, &child);
    Finished::of(child.wait_with_output().unwrap()).exits(130);
}

#[test]
fn of_two_processes_that_resume_a_run_one_is_refused() {
    let bench = Bench::new();
    let killed = start_and_wait_for_the_tool(&bench, WAITS);
    pids(&bench);
    signal(Signal::KILL, &killed);
    Finished::of(killed.wait_with_output().unwrap());
    let before = bench.journal().len();

    let logs = bench.logs();
    let resume = || {
        let mut command = bench.attractor(&["resume", text(&logs)]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("it starts")
    };
    let mut both = [resume(), resume()];
    let until = Instant::now() + PATIENCE;
    let loser = loop {
        assert!(Instant::now() < until, "both go on");
        if let Some(ended) = both
            .iter_mut()
            .position(|it| it.try_wait().unwrap().is_some())
        {
            break ended;
        }
        std::thread::yield_now();
    };
    let [first, second] = both;
    let (loser, winner) = if loser == 0 {
        (first, second)
    } else {
        (second, first)
    };
    let refused = Finished::of(loser.wait_with_output().unwrap());
    refused.exits(2).says(&["is executing the run"]);

    bench.write("go", "");
    Finished::of(winner.wait_with_output().unwrap()).exits(0);
    let journal = bench.journal();
    assert_eq!(names(&journal[before..])[0], "run_resumed");
    assert_eq!(
        names(&journal)
            .iter()
            .filter(|name| **name == "run_resumed")
            .count(),
        1
    );
}

#[test]
fn a_finished_run_is_not_run_again() {
    let bench = Bench::new();
    let pipeline = "digraph g { start [shape=Mdiamond]; exit [shape=Msquare]
        once [shape=parallelogram, tool_command=\"echo x >> once.txt\"]; start -> once -> exit }";
    bench.run(pipeline, &[]).exits(0);
    let again = bench.output(&["resume", text(&bench.logs())]).exits(0);
    assert!(
        again.stdout.contains("succeeded already"),
        "{}",
        again.stdout
    );
    assert_eq!(
        std::fs::read_to_string(bench.work().join("once.txt")).unwrap(),
        "x\n"
    );
}

#[test]
fn a_run_goes_on_in_a_working_directory_that_has_moved() {
    let bench = Bench::new();
    let pipeline = "digraph g { start [shape=Mdiamond]; exit [shape=Msquare]
        look [shape=parallelogram, tool_command=\"test -e moved\"]; start -> look -> exit }";
    bench.run(pipeline, &[]).exits(1);
    let moved = bench.root().join("moved");
    std::fs::rename(bench.work(), &moved).unwrap();
    std::fs::create_dir(bench.root().join("elsewhere")).unwrap();
    std::fs::write(moved.join("moved"), "").unwrap();
    let resume = |more: &[&str]| {
        let logs = bench.logs();
        let mut command = bench.attractor(&["resume", text(&logs)]);
        command
            .args(more)
            .current_dir(bench.root().join("elsewhere"));
        Finished::of(command.output().expect("attractor starts"))
    };
    resume(&[]).exits(2).says(&["doesn't exist", "--workdir"]);
    resume(&["--workdir", text(&moved)]).exits(0);
}

#[test]
fn a_second_ctrl_c_quits_even_if_nobody_reads_the_output() {
    let bench = Bench::new();
    let nodes: Vec<String> = (0..400).map(|number| format!("n{number}")).collect();
    let pipeline = format!(
        "digraph g {{ start [shape=Mdiamond]; exit [shape=Msquare]
         node [shape=parallelogram, tool_command=\"true\"] {}; start -> {} -> exit }}",
        nodes.join("; "),
        nodes.join(" -> ")
    );
    let file = bench.write("pipeline.dot", &pipeline);
    let logs = bench.logs();
    let mut command = bench.attractor(&["run", text(&file), "--json", "--logs", text(&logs)]);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("it starts");
    wait_for(&logs.join("events.jsonl"));
    let until = Instant::now() + PATIENCE;
    while child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < until, "it can't be stopped");
        signal(Signal::INT, &child);
    }
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

//! What a session holds, measured in a fresh process for each length.

use std::hint::black_box;
use std::process::Command;

use tokio::runtime::Runtime;

use crate::model;

/// The variable that makes this program a process to be measured: how many turns.
const TURNS: &str = "AGENT_MEMORY_TURNS";

/// What an idle session may take, the whole process counted.
const IDLE_KB: u64 = 20 * 1024;

pub(crate) fn is_asked() -> bool {
    std::env::var_os(TURNS).is_some()
}

/// Prints what this process holds with a session of so many turns, in kilobytes.
pub(crate) fn answer(runtime: &Runtime) {
    let turns: usize = std::env::var(TURNS).unwrap().parse().unwrap();
    let session = runtime.block_on(async {
        match turns {
            0 => model::session(),
            turns => model::session_at(turns).await,
        }
    });
    let resident = resident_kb();
    black_box(&session);
    println!("{resident}");
}

/// Prints the table, up to so many turns, and judges the figures of a build that is optimised.
///
/// # Panics
/// When an idle session takes too much, or a longer one more than its share.
pub(crate) fn report(most: usize, is_judged: bool) {
    let idle = measure(0);
    assert!(
        !is_judged || idle < IDLE_KB,
        "an idle session takes {idle} kB"
    );
    println!("resident with an idle session: {idle} kB");
    let mut first = None;
    for turns in [most / 8, most / 4, most / 2, most] {
        let per_turn = measure(turns).saturating_sub(idle) as f64 / turns as f64;
        println!("with {turns} turns: {per_turn:.2} kB more for each");
        let first = *first.get_or_insert(per_turn);
        assert!(
            !is_judged || per_turn < 1.5 * first,
            "memory grows faster than the conversation"
        );
    }
}

fn measure(turns: usize) -> u64 {
    let program = std::env::current_exe().unwrap();
    let output = Command::new(program)
        .env(TURNS, turns.to_string())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.trim().parse().unwrap()
}

fn resident_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

//! What a search of contents costs beside `rg` on the same pattern: all files of a large source
//! tree, the best of several rounds in turns. On Linux also the processor time of a round, which
//! depends less on what else the machine does.
//!
//! The tree is the argument, or the sources of the Rust standard library where rustup has put them
//! (`rustup component add rust-src`). Without a tree or without `rg` the bench says so and stops.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![expect(clippy::print_stdout, reason = "the figures are its output")]

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use attractor_agent::{GrepFile, GrepOptions, GrepOutput, LocalEnvironment, SearchOperations as _};
use tokio::runtime::Runtime;

const ROUNDS: u32 = 40;

/// What is searched for, with flags for `rg` that ask for the same.
const CASES: [(&str, GrepOutput, bool, &[&str]); 5] = [
    ("unsafe impl", GrepOutput::Content, false, &["-n"]),
    (r"fn \w+_unchecked\b", GrepOutput::Content, false, &["-n"]),
    ("deprecated", GrepOutput::Content, true, &["-n", "-i"]),
    ("nowhere_in_this_tree", GrepOutput::Content, false, &["-n"]),
    (r"\bself\b", GrepOutput::Count, false, &["-c"]),
];

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let once = arguments.iter().any(|argument| argument == "--test");
    let named = arguments.iter().find(|argument| !argument.starts_with('-'));
    let Some(tree) = named.map(PathBuf::from).or_else(standard_library) else {
        println!("skipped: no tree to search; name one, or `rustup component add rust-src`");
        return;
    };
    let Some(version) = output(Command::new("rg").arg("--version")) else {
        println!("skipped: no rg on PATH");
        return;
    };
    println!(
        "{} beside {}",
        tree.display(),
        version.lines().next().unwrap_or_default()
    );
    println!("| pattern | results | ours (ms) | rg (ms) | ratio | ours, CPU (ms) | rg, CPU (ms) |");
    println!("|---|---:|---:|---:|---:|---:|---:|");
    let runtime = Runtime::new().unwrap();
    let environment = LocalEnvironment::new(&tree).unwrap();
    for (pattern, mode, case_insensitive, flags) in CASES {
        let options = GrepOptions::new()
            .output(mode)
            .case_insensitive(case_insensitive)
            .max_results(usize::MAX);
        let (mut ours, mut theirs) = (Duration::MAX, Duration::MAX);
        let mut results = (0, 0);
        let rounds = if once { 1 } else { ROUNDS };
        let before = cpu();
        for _ in 0..rounds {
            let (time, lines) = timed(|| {
                let found = runtime.block_on(environment.grep(pattern, ".", &options));
                let lines = |file: &GrepFile| file.lines.len().max(1);
                found.unwrap().files.iter().map(lines).sum()
            });
            (ours, results.0) = (ours.min(time), lines);
            let (time, lines) = timed(|| ripgrep(&tree, pattern, flags));
            (theirs, results.1) = (theirs.min(time), lines);
        }
        let after = cpu();
        assert_eq!(results.0, results.1, "both must find the same of {pattern}");
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        println!(
            "| `{pattern}` | {} | {:.1} | {:.1} | {:.2} | {:.1} | {:.1} |",
            results.0,
            ms(ours),
            ms(theirs),
            ms(ours) / ms(theirs),
            (after.0 - before.0) / f64::from(rounds),
            (after.1 - before.1) / f64::from(rounds),
        );
    }
}

/// Milliseconds of processor time of this process and of the children that it has waited for, in
/// user and kernel mode.
fn cpu() -> (f64, f64) {
    const MS_PER_TICK: f64 = 10.0;
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // After the name, which may have anything in it: utime, stime, cutime, cstime.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks: Vec<f64> = fields
        .split_whitespace()
        .skip(11)
        .take(4)
        .filter_map(|field| field.parse().ok())
        .collect();
    match ticks[..] {
        [user, system, children, children_system] => (
            (user + system) * MS_PER_TICK,
            (children + children_system) * MS_PER_TICK,
        ),
        _ => (0.0, 0.0),
    }
}

fn standard_library() -> Option<PathBuf> {
    let root = output(Command::new("rustc").args(["--print", "sysroot"]))?;
    let library = Path::new(root.trim()).join("lib/rustlib/src/rust/library");
    library.is_dir().then_some(library)
}

fn output(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn timed(work: impl FnOnce() -> usize) -> (Duration, usize) {
    let began = Instant::now();
    let results = work();
    (began.elapsed(), results)
}

/// As many lines as it prints.
fn ripgrep(tree: &Path, pattern: &str, flags: &[&str]) -> usize {
    let mut command = Command::new("rg");
    command.args(["--no-config", "--hidden", "--no-heading", "--color=never"]);
    command
        .args(flags)
        .arg("-e")
        .arg(pattern)
        .arg(".")
        .current_dir(tree);
    let output = command.stderr(Stdio::null()).output().unwrap();
    bytecount(&output.stdout)
}

fn bytecount(text: &[u8]) -> usize {
    text.iter().filter(|byte| **byte == b'\n').count()
}

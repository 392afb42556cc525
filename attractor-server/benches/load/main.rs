//! The control plane under load: how soon it's there, what it takes when nothing happens, ten thousand events, a
//! thousand who watch, and two hundred runs at once.
//!
//! `cargo bench -p attractor-server --bench load` measures; without `--bench` each part is done once and
//! small, to see that it works.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench fails by panicking, and prints what it has measured"
)]

mod client;
mod events;
mod runs;
mod server;
mod streams;

use std::time::Duration;

use tokio::runtime::Runtime;

/// How much is done.
#[derive(Clone, Copy, Debug)]
struct Size {
    starts: usize,
    idle: Duration,
    runs: usize,
    streams: usize,
    batches: i64,
}

const WHOLE: Size = Size {
    starts: 15,
    idle: Duration::from_secs(5),
    runs: 200,
    streams: 1_000,
    batches: 60,
};

const SMALL: Size = Size {
    starts: 1,
    idle: Duration::from_millis(1),
    runs: 2,
    streams: 2,
    batches: 1,
};

fn main() {
    let is_whole = std::env::args().any(|argument| argument == "--bench");
    let size = if is_whole { WHOLE } else { SMALL };
    let runtime = Runtime::new().expect("a runtime");
    println!("| what | measured |\n|---|---:|");
    server::start(size.starts);
    runtime.block_on(server::idle(size.idle));
    runtime.block_on(events::append_and_read(size.batches));
    runtime.block_on(streams::that_wait(size.streams, 4 * size.idle));
    runtime.block_on(runs::all_at_once(size.runs));
}

/// A row of the table.
fn row(what: &str, measured: &str) {
    println!("| {what} | {measured} |");
}

/// The value that so much of all are not above.
fn quantile(sorted: &[Duration], part: f64) -> Duration {
    let last = sorted.len().saturating_sub(1);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a place in a list of some thousands"
    )]
    let place = (last as f64 * part).round() as usize;
    sorted.get(place).copied().unwrap_or_default()
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1_000.0)
}

//! What the client costs, beside its peers': the same prepared replies from the same server, in the
//! same process and run.
//!
//! The server is a process of its own, so that what it takes is counted for nobody. Every client
//! reads all that a user of it would: each delta of the text, one after the other, in a task on a
//! worker thread. A figure is the best of several rounds, in which the clients take turns: what
//! else goes on on a machine only ever makes things slower.
//!
//! The peers come with the feature `peers`; without it only our own rows are measured.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints its figures and fails by panicking"
)]

mod clients;
mod cost;
mod memory;
mod replies;
mod scenario;
mod server;
mod table;

use std::io::{BufRead as _, BufReader};
use std::iter;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};

use self::clients::Client;
use self::cost::Figures;
use self::table::Row;

#[global_allocator]
static HEAP: memory::CountingAllocator = memory::CountingAllocator;

fn main() {
    // What the peers' HTTP client does its cryptography with; ours brings its own.
    rustls::crypto::ring::default_provider()
        .install_default()
        .unwrap();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["--serve"] => server::serve(),
        ["--memory", name, base_url, streams] => {
            let per_stream = memory::per_stream(name, base_url, streams.parse().unwrap());
            println!("{} {}", per_stream.heap, per_stream.resident);
        }
        // `cargo test` runs a bench without the word, to see that it works.
        words => {
            let effort = if words.contains(&"--bench") {
                Effort::FULL
            } else {
                Effort::SMOKE
            };
            // Filters, as criterion takes them.
            let filters: Vec<&str> = words
                .iter()
                .copied()
                .filter(|it| !it.starts_with('-'))
                .collect();
            compare(effort, &filters);
        }
    }
}

/// How much is measured.
#[derive(Clone, Copy, Debug)]
struct Effort {
    rounds: usize,
    /// Events of a stream.
    events: usize,
    /// Turns that each client has with requests in a round.
    turns: usize,
    /// Requests of a turn, one after the other.
    requests: usize,
    /// Streams that are open at the same time.
    streams: usize,
}

impl Effort {
    const FULL: Self = Self {
        rounds: 15,
        events: 8_192,
        turns: 10,
        requests: 50,
        streams: 1_000,
    };
    const SMOKE: Self = Self {
        rounds: 1,
        events: 128,
        turns: 1,
        requests: 2,
        streams: 10,
    };
}

fn compare(effort: Effort, filters: &[&str]) {
    let (mut server, base_url) = start_server();
    let runtime = runtime();
    let mut rows: Vec<Row> = clients::NAMES
        .iter()
        .filter(|name| filters.is_empty() || filters.iter().any(|filter| name.contains(filter)))
        .map(|name| Row::new(name))
        .collect();
    for _ in 0..effort.rounds {
        let clients: Vec<Arc<dyn Client>> = rows
            .iter()
            .map(|row| Arc::from(clients::named(row.name, &base_url)))
            .collect();
        let turn = |client: &Arc<dyn Client>, what: Turn| {
            let client = Arc::clone(client);
            let task = runtime.spawn(async move { what.take(&*client, effort).await });
            runtime.block_on(task).unwrap()
        };
        // Few requests a turn: how fast the machine is changes from one moment to the next.
        let requests = iter::repeat_n(Turn::Requests, effort.turns);
        for what in iter::once(Turn::WarmUp)
            .chain(requests)
            .chain([Turn::Streams])
        {
            for (row, client) in rows.iter_mut().zip(&clients) {
                row.add(&turn(client, what));
            }
        }
    }
    for row in &mut rows {
        row.memory = Some(memory_in_a_process(row.name, &base_url, effort.streams));
    }
    table::print(&rows);
    drop(server.stdin.take());
    server.wait().unwrap();
}

/// What a client does before it's the next one's turn.
#[derive(Clone, Copy, Debug)]
enum Turn {
    WarmUp,
    Requests,
    Streams,
}

impl Turn {
    async fn take(self, client: &dyn Client, effort: Effort) -> Figures {
        match self {
            Self::WarmUp => cost::warm_up(client).await,
            Self::Requests => return cost::requests(client, effort.requests).await,
            Self::Streams => return cost::streams(client, effort).await,
        }
        Figures::WORST
    }
}

/// One worker: with more, tasks that move between them are measured too.
fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

fn this_binary(arguments: &[&str]) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn first_line(process: &mut Child) -> String {
    let mut line = String::new();
    let output = process.stdout.take().unwrap();
    BufReader::new(output).read_line(&mut line).unwrap();
    line.trim().to_owned()
}

fn start_server() -> (Child, String) {
    let mut server = this_binary(&["--serve"]);
    let base_url = first_line(&mut server);
    (server, base_url)
}

/// In a process of its own, whose heap holds nothing of the others.
fn memory_in_a_process(name: &str, base_url: &str, streams: usize) -> memory::PerStream {
    let streams = streams.to_string();
    let mut process = this_binary(&["--memory", name, base_url, &streams]);
    let line = first_line(&mut process);
    assert!(process.wait().unwrap().success(), "{name}");
    let (heap, resident) = line.split_once(' ').unwrap();
    memory::PerStream {
        heap: heap.parse().unwrap(),
        resident: resident.parse().unwrap(),
    }
}

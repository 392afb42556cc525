use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::time::sleep;

use super::client::Client;
use super::{milliseconds, quantile, row};

/// `attractor serve`; dropping it kills it.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pub(crate) data: PathBuf,
    pub(crate) address: SocketAddr,
    pub(crate) token: String,
    _output: BufReader<ChildStdout>,
}

impl Server {
    pub(crate) fn start(data: &Path, more: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_attractor"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(data)
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        let mut said = String::new();
        while !said.contains("Ctrl-C") {
            let read = output.read_line(&mut said).expect("its output");
            assert_ne!(read, 0, "{said}");
        }
        let address = said.split_once("serves http://").map(|(_, rest)| rest);
        let address = address.and_then(|rest| rest.split_whitespace().next());
        let token = std::fs::read_to_string(data.join("admin-token")).expect("its token");
        Self {
            child,
            data: data.to_owned(),
            address: address.and_then(|it| it.parse().ok()).expect("an address"),
            token: token.trim().to_owned(),
            _output: output,
        }
    }

    /// What it keeps in memory.
    fn resident(&self) -> String {
        let (Some(all), Some(own)) = (self.memory("VmRSS"), self.memory("RssAnon")) else {
            return "not told by this system".to_owned();
        };
        let (all, own) = (in_megabytes(all), in_megabytes(own));
        format!("{all:.1} MB, of which {own:.1} MB its own")
    }

    pub(crate) async fn client(&self) -> Client {
        Client::connect(self.address, &self.token).await
    }

    /// The processor's time that it has taken so far, of its user and of the kernel.
    pub(crate) fn processor_time(&self) -> Option<Duration> {
        let line = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        let (_, fields) = line.rsplit_once(") ")?;
        let ticks = |place: usize| fields.split(' ').nth(place)?.parse::<u64>().ok();
        // Linux tells programs of a hundred ticks a second, whatever its own are.
        Some(Duration::from_millis((ticks(11)? + ticks(12)?) * 10))
    }

    /// Memory in kB, by the line of the kernel's table.
    pub(crate) fn memory(&self, line: &str) -> Option<u64> {
        let table = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let found = table.lines().find_map(|it| it.strip_prefix(line))?;
        found.split_whitespace().nth(1)?.parse().ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// From the command to the first answer that can be had: with a directory that is made, and with one that
/// is there.
pub(crate) fn start(times: usize) {
    let (mut first, mut later) = (Vec::new(), Vec::new());
    for _ in 0..times {
        let data = TempDir::new().expect("a directory");
        for measured in [&mut first, &mut later] {
            let began = Instant::now();
            drop(Server::start(data.path(), &[]));
            measured.push(began.elapsed());
        }
    }
    for (what, mut measured) in [("first start", first), ("start", later)] {
        measured.sort();
        let text = format!(
            "{}, at most {}",
            milliseconds(quantile(&measured, 0.5)),
            milliseconds(quantile(&measured, 1.0))
        );
        row(what, &text);
    }
}

/// What a server takes that has answered once and has nothing to do.
pub(crate) async fn idle(time: Duration) {
    let data = TempDir::new().expect("a directory");
    let server = Server::start(data.path(), &[]);
    let mut client = server.client().await;
    client.get("/readyz").await;
    sleep(time).await;
    row("idle memory", &server.resident());
    for _ in 0..200 {
        for path in [
            "/api/projects",
            "/api/runs",
            "/api/models/providers",
            "/api/openapi.json",
        ] {
            client.get(path).await;
        }
    }
    sleep(time).await;
    row("idle memory after 800 requests", &server.resident());
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand")]
pub(crate) fn in_megabytes(kilobytes: u64) -> f64 {
    kilobytes as f64 * 1_024.0 / 1e6
}

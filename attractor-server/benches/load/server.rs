use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
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
            address: address.and_then(|it| it.parse().ok()).expect("an address"),
            token: token.trim().to_owned(),
            _output: output,
        }
    }

    pub(crate) async fn client(&self) -> Client {
        Client::connect(self.address, &self.token).await
    }

    /// Memory in kB, by the line of the kernel's table.
    fn memory(&self, line: &str) -> Option<u64> {
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
    server.client().await.get("/readyz").await;
    sleep(time).await;
    let (Some(all), Some(own)) = (server.memory("VmRSS"), server.memory("RssAnon")) else {
        row("idle memory", "not told by this system");
        return;
    };
    let text = format!(
        "{:.1} MB, of which {:.1} MB its own",
        in_megabytes(all),
        in_megabytes(own)
    );
    row("idle memory", &text);
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand")]
fn in_megabytes(kilobytes: u64) -> f64 {
    kilobytes as f64 * 1_024.0 / 1e6
}

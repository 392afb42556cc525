//! A server that was started by its command.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::Arc;

use http_body_util::BodyExt as _;
use serde_json::Value;

use crate::harness::Bench;
use crate::http::client::{Events, Reply, exchange, request};
use crate::port::Port;

/// A server of its own process; dropping it kills it.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) child: Child,
    pub(crate) address: SocketAddr,
    /// Where its first link leads.
    pub(crate) link: String,
    data: PathBuf,
    port: Arc<Port>,
    /// Read no more, and open still: the server may go on writing.
    _output: BufReader<ChildStdout>,
}

impl Served {
    pub(crate) fn start(bench: &Bench, data: &Path, more: &[&str]) -> Self {
        Self::at(bench, data, Arc::new(Port::reserve()), more)
    }

    /// One more at the same place, after it was killed.
    pub(crate) fn again(&self, bench: &Bench, more: &[&str]) -> Self {
        Self::at(bench, &self.data, Arc::clone(&self.port), more)
    }

    fn at(bench: &Bench, data: &Path, port: Arc<Port>, more: &[&str]) -> Self {
        let place = data.to_str().unwrap();
        let listen = port.address().to_string();
        let mut arguments = vec!["serve", "--listen", &listen, "--data-dir", place];
        arguments.extend(more);
        let log = File::create(log_of(data)).unwrap();
        let mut command = bench.attractor(&arguments);
        let command = command.stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut read = String::new();
        while !read.contains("Ctrl-C") {
            assert_ne!(output.read_line(&mut read).unwrap(), 0, "{read}");
        }
        let after = |word: &str| {
            let (_, rest) = read.split_once(word).unwrap();
            rest.split_whitespace().next().unwrap().to_owned()
        };
        Self {
            child,
            address: after("serves http://").parse().unwrap(),
            link: format!("/sign-in?{}", after("/sign-in?")),
            data: data.to_owned(),
            port,
            _output: output,
        }
    }

    /// Ends it as the loss of power would.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// What it has said on standard error since its start.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(log_of(&self.data)).unwrap()
    }

    /// The administrator's token.
    pub(crate) fn token(&self) -> String {
        let token = std::fs::read_to_string(self.data.join("admin-token")).unwrap();
        token.trim().to_owned()
    }

    /// Sends a request with these headers and no others.
    pub(crate) async fn send(
        &self,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: &str,
    ) -> Reply {
        let host = self.address.to_string();
        let mut all = vec![("host", host.as_str())];
        all.extend_from_slice(headers);
        let (response, _connection) =
            exchange(self.address, request(method, path, &all, body)).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.into_body().collect().await.unwrap().to_bytes();
        Reply {
            status,
            headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }

    /// The status and the body that a page gets, and the cookie that it's given.
    pub(crate) async fn get(
        &self,
        path: &str,
        headers: &[(&str, &str)],
    ) -> (u16, String, Option<String>) {
        let reply = self.send(("GET", path), headers, "").await;
        let cookie = reply.headers.get("set-cookie");
        let cookie = cookie.map(|it| it.to_str().unwrap().split(';').next().unwrap().to_owned());
        (reply.status, reply.body, cookie)
    }

    /// Sends a request as the administrator.
    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        let bearer = format!("Bearer {}", self.token());
        let mut headers = vec![("authorization", bearer.as_str())];
        if body.is_some() {
            headers.push(("content-type", "application/json"));
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        self.send((method, path), &headers, &body).await
    }

    pub(crate) async fn read(&self, path: &str) -> Value {
        self.call("GET", path, None).await.is(200).json()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        self.call("POST", path, Some(body)).await
    }

    /// What is asked for without saying more.
    pub(crate) async fn act(&self, path: &str) -> Reply {
        self.call("POST", path, None).await
    }

    /// A run's events from the beginning.
    pub(crate) async fn events(&self, run: &str, after: u64) -> Events {
        let (host, bearer) = (self.address.to_string(), format!("Bearer {}", self.token()));
        let headers = [("host", host.as_str()), ("authorization", bearer.as_str())];
        let path = format!("/api/runs/{run}/events?after={after}");
        let request = request("GET", &path, &headers, "");
        let (response, connection) = exchange(self.address, request).await;
        assert_eq!(response.status(), 200);
        Events::of(response.into_body(), connection)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Ends runners that outlive their server: their numbers are in its directory.
pub(crate) fn end_runners(data: &Path) {
    let entries = |path: &Path| std::fs::read_dir(path).into_iter().flatten().flatten();
    for run in entries(&data.join("runs")) {
        for attempt in entries(&run.path().join("attempts")) {
            let text = std::fs::read_to_string(attempt.path()).unwrap_or_default();
            let record: Value = serde_json::from_str(&text).unwrap_or_default();
            let group = record["process"]["pid"].as_i64();
            let group =
                group.and_then(|it| rustix::process::Pid::from_raw(i32::try_from(it).ok()?));
            if let Some(group) = group {
                let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            }
        }
    }
}

fn log_of(data: &Path) -> PathBuf {
    data.with_extension("log")
}

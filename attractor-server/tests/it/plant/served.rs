//! A server that was started by its command.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use serde_json::Value;

use super::port::Port;
use crate::harness::Bench;
use crate::http::client::{Events, Reply, reply, request};

/// A server of its own process, which may be killed and started again; dropping it kills it.
#[derive(Debug)]
pub(crate) struct Served {
    /// Where it keeps everything.
    pub(crate) data: PathBuf,
    pub(crate) address: SocketAddr,
    /// Where the first link of its last start leads.
    pub(crate) link: String,
    command: Command,
    /// The output is read no more, and open still: the server may go on writing.
    process: Option<(Child, BufReader<ChildStdout>)>,
    _port: Port,
}

impl Served {
    pub(crate) fn start(bench: &Bench, data: &Path, more: &[&str]) -> Self {
        Self::with_programs(bench, data, more, None)
    }

    /// One that finds the programs of a directory before those of the system.
    pub(crate) fn with_programs(
        bench: &Bench,
        data: &Path,
        more: &[&str],
        programs: Option<&Path>,
    ) -> Self {
        let port = Port::reserve();
        let listen = port.address().to_string();
        let place = data.to_str().unwrap();
        let mut arguments = vec!["serve", "--listen", &listen, "--data-dir", place];
        arguments.extend(more);
        let mut command = patient(&bench.attractor(&arguments));
        if let Some(programs) = programs {
            let system = std::env::var("PATH").unwrap();
            command.env("PATH", format!("{}:{system}", programs.display()));
        }
        let mut log = File::options();
        let log = log.append(true).create(true).open(log_of(data)).unwrap();
        command.stdout(Stdio::piped()).stderr(log);
        let mut served = Self {
            data: data.to_owned(),
            address: port.address(),
            link: String::new(),
            command,
            process: None,
            _port: port,
        };
        served.start_again();
        served
    }

    /// Starts it after it has ended, at the same place.
    pub(crate) fn start_again(&mut self) {
        let mut child = self.command.spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut read = String::new();
        while !read.contains("Ctrl-C") {
            let length = output.read_line(&mut read).unwrap();
            assert_ne!(length, 0, "{read}\n{}", self.log());
        }
        let (_, link) = read.split_once("/sign-in?").unwrap();
        let link = link.split_whitespace().next().unwrap();
        self.link = format!("/sign-in?{link}");
        self.process = Some((child, output));
    }

    /// Ends it as the loss of power would.
    pub(crate) fn kill(&mut self) {
        if let Some((mut child, _)) = self.process.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Waits until it ends by itself.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let (mut child, _) = self.process.take().unwrap();
        child.wait().unwrap()
    }

    pub(crate) fn pid(&self) -> i32 {
        let (child, _) = self.process.as_ref().unwrap();
        i32::try_from(child.id()).unwrap()
    }

    /// What it has said on standard error.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(log_of(&self.data)).unwrap()
    }

    /// Where a run's processes work.
    pub(crate) fn directory(&self, run: &str) -> PathBuf {
        self.data.join("runs").join(run)
    }

    /// The process of an attempt at a run.
    pub(crate) fn runner(&self, run: &str, attempt: u32) -> i32 {
        let record = self.directory(run).join(format!("attempts/{attempt}.json"));
        let record: Value = serde_json::from_slice(&std::fs::read(record).unwrap()).unwrap();
        i32::try_from(record["process"]["pid"].as_i64().unwrap()).unwrap()
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
        let headers = [&[("host", host.as_str())], headers].concat();
        reply(self.address, request(method, path, &headers, body)).await
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

    /// A run as the API has it.
    pub(crate) async fn run(&self, id: &str) -> Value {
        self.read(&format!("/api/runs/{id}")).await
    }

    /// A run's events from the beginning.
    pub(crate) async fn events(&self, run: &str) -> Events {
        let (host, bearer) = (self.address.to_string(), format!("Bearer {}", self.token()));
        let headers = [("host", host.as_str()), ("authorization", bearer.as_str())];
        let path = format!("/api/runs/{run}/events");
        Events::open(self.address, &path, &headers).await
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The same command; a limit that stands in for a full disk sends no signal, as a full disk sends none.
fn patient(attractor: &Command) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"])
        .arg(attractor.get_program())
        .args(attractor.get_args())
        .env_clear()
        .stdin(Stdio::null());
    if let Some(directory) = attractor.get_current_dir() {
        command.current_dir(directory);
    }
    for (name, value) in attractor.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    command
}

fn log_of(data: &Path) -> PathBuf {
    data.with_extension("log")
}

//! `attractor serve` and `attractor token` as a user types them.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Stdio};

use http_body_util::BodyExt as _;

use crate::harness::Bench;
use crate::http::client::{exchange, request};

/// A server that was started by its command; dropping it kills it.
struct Served {
    child: Child,
    address: SocketAddr,
    link: String,
    /// Read no more, and open still: the server may go on writing.
    _output: BufReader<std::process::ChildStdout>,
}

impl Served {
    fn start(bench: &Bench, data: &Path) -> Served {
        let data = data.to_str().unwrap();
        let mut command =
            bench.attractor(&["serve", "--listen", "127.0.0.1:0", "--data-dir", data]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut read = String::new();
        while !read.contains("Ctrl-C") {
            assert_ne!(output.read_line(&mut read).unwrap(), 0, "{read}");
        }
        let after = |word: &str| {
            read.split_once(word)
                .unwrap()
                .1
                .split_whitespace()
                .next()
                .unwrap()
                .to_owned()
        };
        let address = after("serves http://").parse().unwrap();
        let (_, link) = read.split_once("/sign-in?").unwrap();
        let link = format!("/sign-in?{}", link.split_whitespace().next().unwrap());
        Served {
            child,
            address,
            link,
            _output: output,
        }
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> (u16, String, Option<String>) {
        let host = self.address.to_string();
        let mut all = vec![("host", host.as_str())];
        all.extend_from_slice(headers);
        let (response, _connection) = exchange(self.address, request("GET", path, &all, "")).await;
        let status = response.status().as_u16();
        let cookie = response.headers().get("set-cookie");
        let cookie = cookie.map(|it| it.to_str().unwrap().split(';').next().unwrap().to_owned());
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8_lossy(&body).into_owned(), cookie)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_first_start_needs_nothing_and_lets_its_user_in() {
    let bench = Bench::new();
    let data = bench.root().join("data");
    let server = Served::start(&bench, &data);
    let (status, body, _) = server.get("/readyz", &[]).await;
    assert_eq!(status, 200, "{body}");
    let (status, _, cookie) = server.get(&server.link, &[]).await;
    assert_eq!(status, 303);
    let cookie = cookie.unwrap();
    assert_eq!(
        server.get("/api/projects", &[("cookie", &cookie)]).await.0,
        200
    );
    assert_eq!(
        server.get(&server.link, &[]).await.0,
        401,
        "a link is good once"
    );
    let token = std::fs::read_to_string(data.join("admin-token")).unwrap();
    let bearer = format!("Bearer {}", token.trim());
    assert_eq!(
        server
            .get("/api/tokens", &[("authorization", &bearer)])
            .await
            .0,
        200
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o077;
        assert_eq!((mode(&data), mode(&data.join("admin-token"))), (0, 0));
    }

    let place = data.to_str().unwrap();
    let second = bench.output(&["serve", "--listen", "127.0.0.1:0", "--data-dir", place]);
    second.exits(2).says(&["another server uses the directory"]);
    let taken = server.address.to_string();
    let other = bench.root().join("other");
    let second = bench.output(&[
        "serve",
        "--listen",
        &taken,
        "--data-dir",
        other.to_str().unwrap(),
    ]);
    second.exits(2).says(&["another program uses the port"]);

    let made = bench.output(&["token", "create", "--role", "viewer", "--data-dir", place]);
    let bearer = format!("Bearer {}", made.stdout.trim());
    assert_eq!(
        server
            .get("/api/projects", &[("authorization", &bearer)])
            .await
            .0,
        200
    );
    assert_eq!(
        server
            .get("/api/tokens", &[("authorization", &bearer)])
            .await
            .0,
        403
    );
}

#[test]
fn a_server_that_others_could_reach_is_refused() {
    let bench = Bench::new();
    let data = bench.root().join("data");
    let refused = bench.output(&[
        "serve",
        "--listen",
        "0.0.0.0:0",
        "--data-dir",
        data.to_str().unwrap(),
    ]);
    refused.exits(2).says(&["--insecure-bind"]);
    assert!(!data.exists());
}

#[cfg(unix)]
#[tokio::test]
async fn a_server_that_is_asked_to_end_ends_and_starts_again() {
    let bench = Bench::new();
    let data = bench.root().join("data");
    let mut server = Served::start(&bench, &data);
    let pid = rustix::process::Pid::from_child(&server.child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let status = server.child.wait().unwrap();
    assert_eq!(status.code(), Some(143));
    let again = Served::start(&bench, &data);
    assert_eq!(again.get("/livez", &[]).await.0, 200);
}

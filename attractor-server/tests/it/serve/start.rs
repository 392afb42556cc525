//! `attractor serve` and `attractor token` as a user types them.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rustix::process::Signal;
use serde_json::Value;

use crate::harness::Bench;
use crate::plant::Served;
use crate::process::kill;

#[tokio::test]
async fn a_first_start_needs_nothing_and_lets_its_user_in() {
    let bench = Bench::new();
    let data = bench.root().join("data");
    let server = Served::start(&bench, &data, &[]);
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
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o077;
    assert_eq!((mode(&data), mode(&data.join("admin-token"))), (0, 0));

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
fn a_directory_that_no_server_has_made_is_not_made_by_looking_at_it() {
    let bench = Bench::new();
    let place = bench.root().join("typo");
    for command in [["token", "list"], ["secret", "rotate-key"]] {
        let more = ["--json", "--data-dir", place.to_str().unwrap()];
        let refused = bench.output(&[&command[..], &more].concat()).exits(2);
        assert!(
            refused.stdout.contains("there is no directory"),
            "{}",
            refused.stdout
        );
        assert!(!place.exists());
    }
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

#[tokio::test]
async fn a_server_that_is_asked_to_end_ends_and_starts_again() {
    let bench = Bench::new();
    let data = bench.root().join("data");
    let mut server = Served::start(&bench, &data, &[]);
    kill(server.pid(), Signal::TERM);
    assert_eq!(server.wait().code(), Some(143));
    server.start_again();
    assert_eq!(server.get("/livez", &[]).await.0, 200);
}

#[tokio::test]
async fn the_log_tells_requests_without_what_signs_in() {
    let bench = Bench::new();
    let data = bench.root().join("data");
    let log = ["--log", "attractor_server=debug", "--log-format", "json"];
    let mut server = Served::start(&bench, &data, &log);
    let link = server.link.clone();
    server.get(&link, &[]).await;
    server.get("/api/nothing", &[]).await;
    server.kill();
    let log = server.log();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of = |path: &str| lines.iter().find(|line| line["path"] == path);
    assert_eq!(of("/api/nothing").unwrap()["status"], 404, "{log}");
    assert_eq!(of("/sign-in").unwrap()["level"], "DEBUG");
    let (_, secret) = link.split_once("link=").unwrap();
    assert!(!log.contains(secret), "{log}");
}

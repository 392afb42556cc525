//! Requests that are wrong, by mistake or on purpose: each has one shape of answer, and none does
//! harm.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::client::{DOT, Host, JSON, request, root};
use super::digraph;

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_pipeline_is_refused_with_every_diagnostic_in_its_place() {
    let root = root();
    let host = Host::start(root.path()).await;
    let source = "digraph g {\n  start [shape=Mdiamond]\n  a -- b\n  work [goal_gate=perhaps\n}";
    let problem = host
        .post("/pipelines", DOT, source)
        .await
        .problem(422, "invalid-pipeline");
    let found = problem["diagnostics"].as_array().unwrap();
    assert!(found.len() >= 2, "{problem}");
    assert_eq!(found[0]["line"], 3, "{problem}");
    assert!(
        found
            .iter()
            .all(|it| it["severity"].is_string() && it["message"].is_string())
    );

    let unsound = "digraph g {\n start [shape=Mdiamond]\n lost [prompt=x]\n start -> nowhere\n}";
    let problem = host
        .post("/pipelines", DOT, unsound)
        .await
        .problem(422, "invalid-pipeline");
    let rules: Vec<_> = problem["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["rule"])
        .collect();
    for rule in ["terminal_node", "edge_target_exists", "reachability"] {
        assert!(rules.iter().any(|found| *found == rule), "{rules:?}");
    }
    let empty = host.get("/pipelines").await.is(200).json();
    assert_eq!(
        empty["pipelines"].as_array().unwrap().len(),
        0,
        "nothing was begun"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_beyond_the_limit_is_refused_however_it_is_sent() {
    let root = root();
    let host = Host::with(root.path(), |builder| builder.submission_bytes(10_000)).await;
    let huge = "x".repeat(20_000);
    host.post("/pipelines", DOT, &huge)
        .await
        .problem(413, "too-large");
    host.post("/pipelines", JSON, &huge)
        .await
        .problem(413, "too-large");

    // In chunks, without saying how much comes.
    let mut stream = TcpStream::connect(host.address()).await.unwrap();
    let head = format!(
        "POST /pipelines HTTP/1.1\r\nhost: x\r\ncontent-type: {DOT}\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    for _ in 0..20 {
        let chunk = format!("3e8\r\n{}\r\n", "x".repeat(1_000));
        if stream.write_all(chunk.as_bytes()).await.is_err() {
            break;
        }
    }
    let mut reply = Vec::new();
    // The server may have hung up on what it doesn't want to read.
    let _ = stream.read_to_end(&mut reply).await;
    assert!(String::from_utf8_lossy(&reply).starts_with("HTTP/1.1 413"));
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_lead_nowhere_but_to_runs() {
    let root = root();
    std::fs::create_dir_all(root.path().join("secret")).unwrap();
    std::fs::write(root.path().join("secret/manifest.json"), "{}").unwrap();
    let host = Host::start(root.path()).await;
    let long = "x".repeat(5_000);
    let ids = [
        "nothing",
        "..",
        "%2e%2e",
        "..%2fsecret",
        "%2e%2e%2fsecret",
        "%2fetc",
        "..%5csecret",
        "a%00b",
        "%ff",
        ".",
        "-rf",
        &long,
    ];
    for id in ids {
        for rest in [
            "",
            "/events",
            "/graph",
            "/questions",
            "/checkpoint",
            "/context",
        ] {
            let reply = host.get(&format!("/pipelines/{id}{rest}")).await;
            assert!(
                [400, 404].contains(&reply.status),
                "{id}{rest}: {}",
                reply.status
            );
        }
        for rest in ["/cancel", "/resume", "/questions/q1/answer"] {
            let path = format!("/pipelines/{id}{rest}");
            let reply = host.post(&path, JSON, r#"{"skip":true}"#).await;
            assert!(
                [400, 404].contains(&reply.status),
                "{id}{rest}: {}",
                reply.status
            );
        }
    }
    host.get("/pipelines/nothing")
        .await
        .problem(404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_requests_say_what_is_wrong() {
    let root = root();
    let host = Host::start(root.path()).await;
    let place = host.submit(&digraph("start -> exit")).await;
    host.end_of(&place).await;
    let good = digraph("start -> exit");
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "",
    ] {
        let reply = host.post("/pipelines", kind, &good).await;
        reply.problem(415, "unsupported-media-type");
    }
    for body in [
        "",
        "{",
        "[]",
        "{}",
        r#"{"source":1}"#,
        r#"{"source":"x","sauce":"y"}"#,
    ] {
        host.post("/pipelines", JSON, body)
            .await
            .problem(400, "invalid-request");
    }
    let answer = format!("{place}/questions/q1/answer");
    for body in ["", "{}", r#"{"value":1}"#, r#"{"value":"a","skip":true}"#] {
        host.post(&answer, JSON, body)
            .await
            .problem(400, "invalid-request");
    }
    host.post(&answer, JSON, r#"{"value":"a"}"#)
        .await
        .problem(404, "not-found");
    host.get("/pipelines?limit=many")
        .await
        .problem(400, "invalid-request");
    host.get(&format!("{place}/events?after=-1"))
        .await
        .problem(400, "invalid-request");
    let last = [("last-event-id", "the last one")];
    let reply = host
        .send(request("GET", &format!("{place}/events"), &last, ""))
        .await;
    reply.problem(400, "invalid-request");
    let reply = host.send(request("DELETE", &place, &[], "")).await;
    assert!(reply.headers.contains_key("allow"));
    reply.problem(405, "method-not-allowed");
    let bytes = host.send(
        request("POST", "/pipelines", &[("content-type", DOT)], "").map(|_| {
            http_body_util::Full::new(hyper::body::Bytes::from_static(b"digraph \xff {}"))
        }),
    );
    bytes.await.problem(400, "invalid-request");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_site_can_do_nothing() {
    let root = root();
    let host = Host::start(root.path()).await;
    let place = host
        .submit(&digraph("gate [shape=hexagon]\n start -> gate -> exit"))
        .await;
    let from = |method: &str, path: &str, origin: &str| {
        let headers = [
            ("host", "127.0.0.1:9"),
            ("origin", origin),
            ("content-type", DOT),
        ];
        request(method, path, &headers, &digraph("start -> exit"))
    };
    for origin in ["http://evil.example", "null", "http://127.0.0.1:8"] {
        for (method, path) in [
            ("POST", "/pipelines".to_owned()),
            ("POST", format!("{place}/cancel")),
            ("GET", place.clone()),
        ] {
            let reply = host.send(from(method, &path, origin)).await;
            reply.problem(403, "foreign-origin");
        }
    }
    let own = host
        .send(from("POST", "/pipelines", "http://127.0.0.1:9"))
        .await;
    own.is(201);
    assert_eq!(host.get(&place).await.json()["status"], "running");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_run_is_an_error_and_no_crash() {
    let root = root();
    let host = Host::start(root.path()).await;
    let place = host.submit(&digraph("start -> exit")).await;
    host.end_of(&place).await;
    let fresh = Host::start(root.path()).await;
    let directory = root
        .path()
        .join("runs")
        .join(place.trim_start_matches("/pipelines/"));
    std::fs::write(directory.join("events.jsonl"), "nonsense\n").unwrap();
    fresh.get(&place).await.problem(500, "internal");
    fresh.get("/pipelines").await.is(200);
    let mut events = fresh.events(&format!("{place}/events"), &[]).await;
    assert_eq!(events.next().await, None);
    std::fs::write(directory.join("manifest.json"), "nonsense").unwrap();
    fresh.get(&place).await.problem(500, "internal");
}

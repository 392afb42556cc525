//! How git signs in: by a helper, for one host, and so that nothing keeps the password.

use std::process::Stdio;

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::any;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tokio::io::AsyncWriteExt as _;

use super::factory::Factory;
use super::plane::TOKEN;
use super::planning::BY_TOOL;

const PASSWORD: &str = "ghs_forgetoken";

/// Asks who it is, and knows no repository.
async fn remote(headers: HeaderMap) -> axum::response::Response {
    use axum::response::IntoResponse as _;
    let expected = BASE64_STANDARD.encode(format!("x-access-token:{PASSWORD}"));
    let given = headers.get("authorization").and_then(|it| it.to_str().ok());
    match given {
        Some(given) if given == format!("Basic {expected}") => (
            axum::http::StatusCode::NOT_FOUND,
            "no repository for ghs_forgetoken",
        )
            .into_response(),
        _ => (
            axum::http::StatusCode::UNAUTHORIZED,
            [("www-authenticate", "Basic realm=\"git\"")],
        )
            .into_response(),
    }
}

#[tokio::test]
async fn git_signs_in_by_the_helper_and_no_error_shows_the_password() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/owner/name.git", listener.local_addr().unwrap());
    let router = Router::new().fallback(any(remote));
    let factory = Factory::new("planning", BY_TOOL);
    factory.specify("/repository/cloneUrl", address.into());
    tokio::select! {
        _ = factory.attempt() => {}
        served = async { axum::serve(listener, router).await } => served.unwrap(),
    }
    let failure = factory.failure();
    assert!(failure.contains("not found"), "{failure}");
    assert!(factory.plane.known().credentials > 0);
    let said = failure + &factory.log();
    assert!(!said.contains(PASSWORD) && !said.contains(TOKEN), "{said}");
}

#[tokio::test]
async fn another_host_is_told_nothing() {
    let factory = Factory::new("planning", BY_TOOL);
    let ask = async |url: &str, host: &str| {
        let mut command: tokio::process::Command = factory
            .bench
            .attractor(&["runner", "credential", "get"])
            .into();
        command
            .env("ATTRACTOR_RUNNER_URL", url)
            .env("ATTRACTOR_RUNNER_TOKEN", TOKEN)
            .env("ATTRACTOR_RUNNER_GIT_HOST", "git.example")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let question = format!("protocol=https\nhost={host}\n\n");
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(question.as_bytes()).await.unwrap();
        drop(stdin);
        let output = child.wait_with_output().await.unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    factory
        .while_serving(async |url: &str| {
            let told = ask(url, "git.example").await;
            assert_eq!(
                told,
                format!("username=x-access-token\npassword={PASSWORD}\n")
            );
            assert_eq!(ask(url, "evil.example").await, "");
        })
        .await;
    assert_eq!(factory.plane.known().credentials, 1);
}

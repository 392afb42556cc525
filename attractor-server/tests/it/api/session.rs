//! Signing in with a browser.

use serde_json::json;

use super::harness::TestServer;

fn cookie(reply: &crate::http::client::Reply) -> String {
    let header = reply.headers["set-cookie"].to_str().unwrap();
    assert!(
        header.contains("HttpOnly") && header.contains("SameSite=Lax"),
        "{header}"
    );
    header.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_browser_signs_in_and_out() {
    let server = TestServer::start().await;
    let json = [("content-type", "application/json")];
    let body = json!({ "token": server.admin }).to_string();
    let signed_in = server
        .send("POST", "/api/session", &json, &body)
        .await
        .is(201);
    assert_eq!(signed_in.json()["role"], "admin");
    let cookie = cookie(&signed_in);
    let read = server
        .send("GET", "/api/session", &[("cookie", &cookie)], "")
        .await;
    assert_eq!(read.is(200).json()["name"], "admin");

    // What changes something needs to be meant: a header that another site's form can't send.
    let project = json!({ "name": "Browser" }).to_string();
    let site = format!("http://{}", server.host());
    let cookie_and = |more: &[(&'static str, &str)]| {
        let mut headers = vec![
            ("cookie", cookie.clone()),
            ("content-type", "application/json".to_owned()),
        ];
        headers.extend(
            more.iter()
                .map(|(name, value)| (*name, (*value).to_owned())),
        );
        headers
    };
    let table = [
        (vec![], 403),
        (vec![("x-attractor-csrf", "1")], 403),
        (vec![("origin", site.as_str())], 403),
        (
            vec![("origin", "http://evil.example"), ("x-attractor-csrf", "1")],
            403,
        ),
        (vec![("origin", "null"), ("x-attractor-csrf", "1")], 403),
        (
            vec![("origin", site.as_str()), ("x-attractor-csrf", "1")],
            201,
        ),
    ];
    for (more, status) in table {
        let headers = cookie_and(&more);
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let reply = server
            .send("POST", "/api/projects", &headers, &project)
            .await;
        assert_eq!(reply.status, status, "{more:?}: {}", reply.body);
    }
    let headers = cookie_and(&[("origin", site.as_str()), ("x-attractor-csrf", "1")]);
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    server
        .send("DELETE", "/api/session", &headers, "")
        .await
        .is(204);
    server
        .send("GET", "/api/session", &[("cookie", &cookie)], "")
        .await
        .is(401);
}

#[tokio::test]
async fn only_names_of_this_machine_are_answered() {
    let server = TestServer::start().await;
    for (host, status) in [
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost:1", 200),
    ] {
        let reply = server.send("GET", "/livez", &[("host", host)], "").await;
        assert_eq!(reply.status, status, "{host}");
    }
}

#[tokio::test]
async fn who_fails_too_often_waits_and_who_has_a_token_does_not() {
    let server = TestServer::start().await;
    for _ in 0..10 {
        server
            .call("att_wrong", "GET", "/api/projects", None)
            .await
            .is(401);
    }
    let refused = server
        .call("att_wrong", "GET", "/api/projects", None)
        .await
        .is(429);
    assert!(refused.headers.contains_key("retry-after"));
    server.get("/api/projects").await.is(200);
    server.clock.advance(std::time::Duration::from_secs(61));
    server
        .call("att_wrong", "GET", "/api/projects", None)
        .await
        .is(401);
    let log = server.get("/api/audit").await.json().to_string();
    assert!(
        log.contains("sign_in.fail") && !log.contains("att_wrong"),
        "{log}"
    );
}

#[tokio::test]
async fn a_token_ends_when_it_is_taken_back_or_too_old() {
    let server = TestServer::start().await;
    let token = server.token("viewer", None).await;
    server
        .call(&token, "GET", "/api/projects", None)
        .await
        .is(200);
    let list = server.get("/api/tokens").await.is(200).json();
    assert!(!list.to_string().contains(&token));
    let id = list["tokens"][0]["id"].as_str().unwrap().to_owned();
    server.delete(&format!("/api/tokens/{id}")).await.is(200);
    server
        .call(&token, "GET", "/api/projects", None)
        .await
        .is(401);

    let soon = "2026-02-24T16:01:00.000Z";
    let body = json!({ "name": "short", "role": "viewer", "expiresAt": soon });
    let short = server.post("/api/tokens", &body).await.is(201).json();
    let short = short["token"].as_str().unwrap();
    server
        .call(short, "GET", "/api/projects", None)
        .await
        .is(200);
    server.clock.advance(std::time::Duration::from_secs(61));
    server
        .call(short, "GET", "/api/projects", None)
        .await
        .is(401);
}

//! Projects and what belongs to them.

use serde_json::{Value, json};

use super::harness::TestServer;

#[tokio::test]
async fn a_project_is_created_changed_and_deleted() {
    let server = TestServer::start().await;
    let reply = server
        .post(
            "/api/projects",
            &json!({ "name": "Attractor Self", "unknown": 1 }),
        )
        .await;
    let place = reply.headers["location"].to_str().unwrap().to_owned();
    let project = reply.is(201).json();
    assert_eq!(project["namespace"], "factory-proj-attractor-self");
    for field in ["githubInstallationId", "repoFullName", "defaultBranch"] {
        assert!(project[field].is_null() && project.as_object().unwrap().contains_key(field));
    }
    let twin = server
        .post("/api/projects", &json!({ "name": "attractor self" }))
        .await;
    assert_eq!(twin.is(409).json()["code"], "namespace_taken");

    let change = json!({ "repository": "a/b", "defaultBranch": "trunk", "concurrencyLimit": 2 });
    let changed = server.patch(&place, &change).await.is(200).json();
    assert_eq!(
        (&changed["repoFullName"], &changed["defaultBranch"]),
        (&json!("a/b"), &json!("trunk"))
    );
    let changed = server
        .patch(&place, &json!({ "concurrencyLimit": null }))
        .await
        .is(200)
        .json();
    assert_eq!(
        (&changed["concurrencyLimit"], &changed["repoFullName"]),
        (&Value::Null, &json!("a/b"))
    );

    server.delete(&place).await.is(204);
    server.get(&place).await.is(404);
    let log = server.get("/api/audit").await.is(200).json();
    let actions: Vec<_> = log["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["action"])
        .collect();
    for action in ["project.create", "project.change", "project.delete"] {
        assert!(actions.contains(&&json!(action)), "{actions:?}");
    }
}

#[tokio::test]
async fn a_list_comes_whole_or_in_pages() {
    let server = TestServer::start().await;
    for n in 0..5 {
        server.project(&format!("Project {n}")).await;
    }
    let all = server.get("/api/projects").await.is(200).json();
    assert_eq!(all["projects"].as_array().unwrap().len(), 5);
    assert!(all["nextCursor"].is_null());
    let (mut seen, mut query) = (Vec::new(), "limit=2".to_owned());
    loop {
        let page = server
            .get(&format!("/api/projects?{query}"))
            .await
            .is(200)
            .json();
        seen.extend(
            page["projects"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| it["id"].clone()),
        );
        match page["nextCursor"].as_str() {
            Some(cursor) => query = format!("limit=2&cursor={cursor}"),
            None => break,
        }
    }
    let ids: Vec<_> = all["projects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["id"].clone())
        .collect();
    assert_eq!(seen, ids);
}

#[tokio::test]
async fn a_repository_is_one_that_the_server_may_clone() {
    let root = tempfile::tempdir().unwrap();
    let inside = root.path().join("inside");
    std::fs::create_dir(&inside).unwrap();
    let roots = vec![root.path().to_owned()];
    let server = TestServer::with(|config| config.repository_roots = roots).await;
    let project = server.project("Repositories").await;
    let place = format!("/api/projects/{project}");
    for good in [inside.to_str().unwrap(), "a/b"] {
        server
            .patch(&place, &json!({ "repository": good }))
            .await
            .is(200);
    }
    for bad in [
        "/etc",
        "/",
        "file:///etc",
        "https://user:hunter2@git.example/a",
        "http://169.254.169.254/latest",
        "https://127.0.0.1/a",
        "ext::sh -c id",
        "-oProxyCommand=id",
        "a/b\r\nx: y",
    ] {
        let reply = server.patch(&place, &json!({ "repository": bad })).await;
        assert_eq!(reply.status, 400, "{bad}: {}", reply.body);
        assert!(!reply.body.contains("hunter2"), "{}", reply.body);
    }
}

#[tokio::test]
async fn a_secret_is_written_and_never_shown() {
    let server = TestServer::start().await;
    let project = server.project("Secrets").await;
    let path = format!("/api/projects/{project}/secrets");
    let body = json!({
        "name": "llm", "provider": "anthropic",
        "keyMappings": {"apiKey": "key"}, "values": {"key": "sk-very-secret"},
    });
    let secret = server.post(&path, &body).await.is(201).json();
    assert_eq!(secret["k8sSecretName"], "factory-secret-llm");
    assert_eq!(secret["keyMappings"], json!({ "apiKey": "key" }));
    let one = format!("{path}/{}", secret["id"].as_str().unwrap());
    for place in [&path, &one, &"/api/audit".to_owned()] {
        let reply = server.get(place).await.is(200);
        assert!(!reply.body.contains("sk-very-secret"), "{}", reply.body);
    }
    let mut bad = body.clone();
    bad["keyMappings"] = json!({ "apiKey": "missing" });
    server.post(&path, &bad).await.is(400);
    bad["k8sSecretName"] = "kube-root-ca.crt".into();
    server.post(&path, &bad).await.is(400);
    server
        .post("/api/projects/cnone/secrets", &body)
        .await
        .is(404);
    server.delete(&one).await.is(204);
    server.get(&one).await.is(404);
}

#[tokio::test]
async fn the_factorys_own_project_is_made_once_and_kept_up_to_date() {
    let server = TestServer::start().await;
    let first = server
        .post("/api/bootstrap/self", &json!({ "repoFullName": "a/b" }))
        .await
        .is(201)
        .json();
    assert_eq!(first["project"]["namespace"], "factory-proj-attractor-self");
    assert_eq!(first["attractor"]["repoPath"], "factory/self-bootstrap.dot");
    let body = json!({ "repoFullName": "a/c", "installationId": "7", "attractorPath": "x.dot" });
    let second = server
        .post("/api/bootstrap/self", &body)
        .await
        .is(201)
        .json();
    assert_eq!(second["project"]["id"], first["project"]["id"]);
    assert_eq!(second["project"]["repoFullName"], "a/c");
    assert_eq!(second["attractor"]["repoPath"], "x.dot");
    let again = server
        .post("/api/bootstrap/self", &json!({ "repoFullName": "a/c" }))
        .await
        .is(201)
        .json();
    assert_eq!(again["project"]["githubInstallationId"], "7");
    server.post("/api/bootstrap/self", &json!({})).await.is(400);
}

#[tokio::test]
async fn figures_are_there_for_prometheus() {
    let server = TestServer::start().await;
    let project = server.project("Figures").await;
    let attractor = server.attractor(&project).await;
    server.run(&project, &attractor).await;
    let text = server.get("/metrics").await.is(200).body;
    assert!(
        text.contains("attractor_runs{status=\"QUEUED\"} 1"),
        "{text}"
    );
    server.send("GET", "/metrics", &[], "").await.is(401);
}

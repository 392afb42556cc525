//! What runs can ask, and which server this is.

use super::harness::TestServer;

#[tokio::test]
async fn the_catalog_is_sorted_and_has_the_contracts_fields() {
    let server = TestServer::start().await;
    let providers = server.get("/api/models/providers").await.is(200).json();
    let providers = providers["providers"].as_array().unwrap().clone();
    assert!(providers.is_sorted_by_key(|it| it.as_str().map(str::to_owned)));
    assert!(providers.contains(&"anthropic".into()), "{providers:?}");
    let models = server.get("/api/models?provider=anthropic").await;
    let models = models.is(200).json();
    assert_eq!(models["provider"], "anthropic");
    let models = models["models"].as_array().unwrap();
    assert!(models.is_sorted_by_key(|it| it["id"].as_str().map(str::to_owned)));
    for field in ["id", "name", "provider", "api"] {
        assert!(models.iter().all(|it| it[field].is_string()), "{field}");
    }
}

#[tokio::test]
async fn the_server_says_which_it_is() {
    let server = TestServer::start().await;
    let health = server.send("GET", "/healthz", &[], "").await.is(200).json();
    assert_eq!(health["status"], "ok");
    assert_eq!(health["service"], "factory-api");
    assert_eq!(health["runnerImage"], "local");
}

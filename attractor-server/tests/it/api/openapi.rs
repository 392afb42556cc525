//! The document that describes the API.

use super::harness::TestServer;

#[tokio::test]
async fn the_document_is_a_contract() {
    let server = TestServer::start().await;
    let mut document = server
        .send("GET", "/api/openapi.json", &[], "")
        .await
        .is(200)
        .json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    document["info"]["version"] = "[version]".into();
    insta::assert_json_snapshot!("openapi", document);
}

#[tokio::test]
async fn the_page_to_read_it_with_is_in_the_binary() {
    let server = TestServer::start().await;
    let first = server.send("GET", "/api/docs", &[], "").await.is(303);
    let page = first.headers["location"].to_str().unwrap();
    let page = server.send("GET", page, &[], "").await.is(200);
    assert_eq!(page.headers["content-type"], "text/html");
    assert!(
        !page.body.contains("https://") && !page.body.contains("//cdn"),
        "{}",
        page.body
    );
    for file in [
        "swagger-ui.css",
        "swagger-ui-bundle.js",
        "swagger-initializer.js",
    ] {
        server
            .send("GET", &format!("/api/docs/{file}"), &[], "")
            .await
            .is(200);
    }
    server
        .send("GET", "/api/docs/..%2fsecret", &[], "")
        .await
        .is(404);
}

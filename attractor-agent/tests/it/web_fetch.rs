//! `web_fetch` against pages on loopback.

use std::sync::{Arc, Mutex};

use attractor_agent::{Error, ErrorKind, Tool as _, ToolContext, ToolOutput, WebFetchTool};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpListener,
};

use crate::support::Workspace;

/// A web server whose pages are a function of their paths.
struct Web {
    host: String,
    asked: Arc<Mutex<Vec<String>>>,
    server: tokio::task::JoinHandle<()>,
}

impl Web {
    /// `page` gives status, headers and body of a path.
    async fn new(page: impl Fn(&str) -> (u16, String, Vec<u8>) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let paths = Arc::clone(&asked);
        #[expect(clippy::disallowed_methods, reason = "ended with the test")]
        let server = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut lines = BufReader::new(&mut stream).lines();
                let first = lines.next_line().await.unwrap().unwrap_or_default();
                while lines
                    .next_line()
                    .await
                    .unwrap()
                    .is_some_and(|it| !it.is_empty())
                {}
                let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
                let (status, headers, body) = page(&path);
                paths.lock().unwrap().push(path);
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 {status} x\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n"
                );
                // A client that has enough hangs up.
                let _ = stream.write_all(head.as_bytes()).await;
                let _ = stream.write_all(&body).await;
            }
        });
        Self {
            host,
            asked,
            server,
        }
    }

    /// The tool with this server allowed.
    fn tool(&self) -> WebFetchTool {
        WebFetchTool::new()
            .allow_host(&self.host)
            .allow_private_addresses()
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host)
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn fetch(tool: &WebFetchTool, url: &str) -> Result<ToolOutput, Error> {
    let context = ToolContext::new(Workspace::new().environment.clone());
    tool.execute(json!({"url": url}), &context).await
}

fn html(body: &str) -> (u16, String, Vec<u8>) {
    let headers = "content-type: text/html; charset=utf-8\r\n".to_owned();
    (200, headers, body.as_bytes().to_vec())
}

#[tokio::test]
async fn a_page_is_shown_as_markdown() {
    let web = Web::new(|_| html("<h1>Caf\u{e9}</h1><p>Open <b>daily</b>.")).await;
    let output = fetch(&web.tool(), &web.url("/menu")).await.unwrap();
    let expected = format!(
        "{}\nStatus: 200\n\n# Caf\u{e9}\n\nOpen **daily**.",
        web.url("/menu")
    );
    assert_eq!((output.text, output.is_error), (expected, false));
}

#[tokio::test]
async fn a_failure_of_the_server_is_shown_as_one() {
    let web = Web::new(|_| (404, String::new(), b"no such page".to_vec())).await;
    let output = fetch(&web.tool(), &web.url("/gone")).await.unwrap();
    assert!(output.is_error && output.text.contains("Status: 404"));
    assert!(output.text.contains("no such page"));
}

#[tokio::test]
async fn nothing_is_fetched_unless_its_host_is_allowed() {
    let web = Web::new(|_| html("secret")).await;
    let tools = [
        WebFetchTool::new().allow_private_addresses(),
        WebFetchTool::new()
            .allow_host("127.0.0.1")
            .allow_private_addresses(),
        // Allowed by name, but the address isn't public.
        WebFetchTool::new().allow_host(&web.host),
    ];
    for tool in tools {
        let error = fetch(&tool, &web.url("/")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    }
    assert!(web.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_redirect_is_followed_only_to_an_allowed_host() {
    let other = Web::new(|_| html("elsewhere")).await;
    let elsewhere = other.url("/secret");
    let web = Web::new(move |path| match path {
        "/old" => (301, "location: /new\r\n".to_owned(), Vec::new()),
        "/new" => html("here"),
        "/loop" => (302, "location: /loop\r\n".to_owned(), Vec::new()),
        _ => (302, format!("location: {elsewhere}\r\n"), Vec::new()),
    })
    .await;
    let moved = fetch(&web.tool(), &web.url("/old")).await.unwrap();
    assert!(moved.text.starts_with(&web.url("/new")) && moved.text.ends_with("here"));
    let error = fetch(&web.tool(), &web.url("/away")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(error.to_string().contains("has moved"), "{error}");
    assert!(other.asked.lock().unwrap().is_empty());
    let error = fetch(&web.tool(), &web.url("/loop")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
    assert_eq!(web.asked.lock().unwrap().len(), 2 + 1 + 6);
}

#[tokio::test]
async fn a_page_that_is_too_long_is_cut_and_a_trap_is_not_sprung() {
    let web = Web::new(|path| match path {
        "/long" => (
            200,
            "content-type: text/plain\r\n".to_owned(),
            vec![b'x'; 5_000_000],
        ),
        "/deep" => html(&format!("{}deep", "<div>".repeat(100_000))),
        _ => html(&format!("{}deep", "<div>".repeat(200))),
    })
    .await;
    let long = fetch(&web.tool(), &web.url("/long")).await.unwrap();
    assert!(long.text.contains("[The page is longer than 2097152 bytes"));
    let deep = fetch(&web.tool(), &web.url("/deep")).await.unwrap();
    assert!(deep.text.contains("<div><div>"), "shown as it is");
    let deepest = fetch(&web.tool(), &web.url("/deepest-tame")).await.unwrap();
    assert!(deepest.text.ends_with("\n\ndeep"), "{}", deepest.text);
}

#[tokio::test]
async fn what_is_no_text_is_refused() {
    let png = |_: &str| (200, "content-type: image/png\r\n".to_owned(), vec![0x89, 0]);
    let web = Web::new(png).await;
    let error = fetch(&web.tool(), &web.url("/a.png")).await.unwrap_err();
    assert!(error.to_string().contains("image/png"), "{error}");
}

#[test]
fn the_model_is_told_which_hosts_there_are() {
    let tool = WebFetchTool::new()
        .allow_host("docs.rs")
        .allow_host("*.rust-lang.org");
    assert!(tool.description().contains("docs.rs, *.rust-lang.org"));
}

//! A few lines of HTTP/1.1, to look at the bytes that the scripted server sends.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use attractor_llm::testing::ScriptedServer;

/// What came back over one connection.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
    /// Whether the body ended as HTTP says it must.
    pub(crate) complete: bool,
}

impl Raw {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The JSON data of each event.
    pub(crate) fn events(&self) -> Vec<Value> {
        let lines = self
            .body
            .lines()
            .filter_map(|line| line.strip_prefix("data: "));
        lines
            .map(|data| serde_json::from_str(data).unwrap_or_default())
            .collect()
    }

    pub(crate) fn error_message(&self) -> String {
        self.json()["error"]["message"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }
}

/// A minimal well-formed request.
pub(crate) fn hello() -> Value {
    json!({
        "model": "m", "max_tokens": 100, "messages": [{"role": "user", "content": "hello"}],
    })
}

/// The same, streamed.
pub(crate) fn hello_stream() -> Value {
    let mut body = hello();
    body["stream"] = true.into();
    body
}

/// Posts to `/v1/messages` with the headers that the service asks for.
pub(crate) async fn post(server: &ScriptedServer, body: &Value) -> Raw {
    let headers = "x-api-key: k\r\nanthropic-version: 2023-06-01\r\n";
    send(server, "POST /v1/messages", headers, &body.to_string()).await
}

/// Sends one request and reads until the server closes the connection.
pub(crate) async fn send(server: &ScriptedServer, target: &str, headers: &str, body: &str) -> Raw {
    exchange(&server.base_url(), target, headers, body).await
}

/// Posts JSON to a path of a server.
pub(crate) async fn post_to(base_url: &str, path: &str, body: &Value) -> Raw {
    exchange(base_url, &format!("POST {path}"), "", &body.to_string()).await
}

async fn exchange(base_url: &str, target: &str, headers: &str, body: &str) -> Raw {
    let address = base_url.strip_prefix("http://").unwrap();
    let mut socket = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let head = format!(
        "{target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(body.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    socket.read_to_end(&mut bytes).await.unwrap();
    parse(&bytes)
}

fn parse(bytes: &[u8]) -> Raw {
    let text = String::from_utf8_lossy(bytes);
    let (head, rest) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let (body, complete) = if head.contains("transfer-encoding: chunked") {
        dechunk(bytes.split_at(head.len() + 4).1)
    } else {
        (rest.to_owned(), true)
    };
    Raw {
        status,
        head: head.to_owned(),
        body,
        complete,
    }
}

fn dechunk(mut bytes: &[u8]) -> (String, bool) {
    let mut body = Vec::new();
    loop {
        let Some(end) = bytes.windows(2).position(|pair| pair == b"\r\n") else {
            return (String::from_utf8_lossy(&body).into_owned(), false);
        };
        let size = std::str::from_utf8(&bytes[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return (String::from_utf8_lossy(&body).into_owned(), true);
        }
        body.extend_from_slice(&bytes[end + 2..end + 2 + size]);
        bytes = &bytes[end + 2 + size + 2..];
    }
}

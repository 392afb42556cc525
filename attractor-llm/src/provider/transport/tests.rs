//! What a proxy of the environment gets to read, and what is said when it refuses.

use std::time::Duration;

use bytes::Bytes;
use futures::TryStreamExt as _;
use hyper_util::client::proxy::matcher::Matcher;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";

/// A transport for an address, with a proxy for everything.
fn over(proxy: &str, base_url: &str) -> PooledTransport {
    let proxies = || Matcher::builder().all(proxy.to_owned()).build();
    PooledTransport::with_proxies(base_url, Timeouts::default(), proxies).unwrap()
}

async fn post(transport: &PooledTransport, url: &str) -> Result<(u16, Vec<Bytes>), Error> {
    let request = HttpRequest::json(url, Vec::new(), Bytes::from_static(b"{}"));
    let reply = transport.post(request).await?;
    Ok((reply.status, reply.body.try_collect().await?))
}

/// What a client sends up to the end of its headers.
async fn head(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    while !text.ends_with(b"\r\n\r\n") {
        text.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(text).unwrap().to_lowercase()
}

#[tokio::test]
async fn a_request_in_the_clear_is_read_by_the_proxy() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let transport = over(
        &format!("http://me:secret@{address}"),
        "http://api.example/v1",
    );
    let proxy = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let head = head(&mut stream).await;
        stream.write_all(OK).await.unwrap();
        head
    };
    let (head, answer) = tokio::join!(proxy, post(&transport, "http://api.example/v1/chat"));
    assert_eq!(answer.unwrap().0, 200);
    assert!(
        head.starts_with("post http://api.example/v1/chat http/1.1\r\n"),
        "{head}"
    );
    assert!(head.contains("\r\nhost: api.example\r\n"), "{head}");
    // me:secret
    assert!(
        head.contains("\r\nproxy-authorization: basic bwu6c2vjcmv0\r\n"),
        "{head}"
    );
}

#[tokio::test]
async fn a_tunnel_is_opened_for_tls_and_a_refusal_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let transport = over(
        &format!("http://me:secret@{address}"),
        "https://api.example/v1",
    );
    let proxy = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let head = head(&mut stream).await;
        let refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n";
        stream.write_all(refusal).await.unwrap();
        head
    };
    let (head, answer) = tokio::join!(proxy, post(&transport, "https://api.example/v1/chat"));
    assert!(
        head.starts_with("connect api.example:443 http/1.1\r\n"),
        "{head}"
    );
    assert!(
        head.contains("\r\nproxy-authorization: basic bwu6c2vjcmv0\r\n"),
        "{head}"
    );
    let error = answer.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Network);
    assert_eq!(
        error.to_string(),
        "connection failed: tunnel error: proxy authorization required"
    );
}

#[tokio::test]
async fn a_socks_proxy_is_told_the_name_and_the_host_reads_the_request() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let transport = over(&format!("socks5h://{address}"), "http://api.example/v1");
    let proxy = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut greeting = [0; 3];
        stream.read_exact(&mut greeting).await.unwrap();
        assert_eq!(greeting, [5, 1, 0]);
        stream.write_all(&[5, 0]).await.unwrap();
        let mut asked = [0; 4 + 1 + 11 + 2];
        stream.read_exact(&mut asked).await.unwrap();
        assert_eq!(&asked, b"\x05\x01\x00\x03\x0bapi.example\x00\x50");
        let bound = [5, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        stream.write_all(&bound).await.unwrap();
        let head = head(&mut stream).await;
        stream.write_all(OK).await.unwrap();
        head
    };
    let (head, answer) = tokio::join!(proxy, post(&transport, "http://api.example/v1/chat"));
    assert_eq!(answer.unwrap().0, 200);
    assert!(head.starts_with("post /v1/chat http/1.1\r\n"), "{head}");
}

#[tokio::test]
async fn a_kind_of_proxy_that_is_not_spoken_is_named() {
    let transport = over("socks4://proxy.example", "http://api.example/v1");
    let error = post(&transport, "http://api.example/v1").await.unwrap_err();
    let expected = "connection failed: the proxy of the environment is of kind \"socks4\"; \
                    http, https, socks5 and socks5h are spoken";
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn servers_of_this_machine_are_reached_without_the_proxy() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let transport = over("http://proxy.example", &url);
    let server = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let head = head(&mut stream).await;
        stream.write_all(OK).await.unwrap();
        head
    };
    let (head, answer) = tokio::join!(server, post(&transport, &url));
    assert_eq!(answer.unwrap().1.concat(), b"hi");
    assert!(head.starts_with("post /v1 http/1.1\r\n"), "{head}");
    assert!(head.contains("\r\nuser-agent: attractor-llm/"), "{head}");
}

#[tokio::test(start_paused = true)]
async fn a_proxy_that_says_nothing_is_waited_for_as_long_as_a_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let proxies = || Matcher::builder().all(proxy).build();
    let timeouts = Timeouts::default().connect(Duration::from_secs(7));
    let url = "https://api.example/v1";
    let transport = PooledTransport::with_proxies(url, timeouts, proxies).unwrap();
    let error = post(&transport, url).await.unwrap_err();
    assert_eq!(error.to_string(), "connection failed: none within 7s");
}

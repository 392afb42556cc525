//! A server on loopback with a thread for each connection, which sends what was prepared.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use crate::replies::Protocol;
use crate::scenario::Scenario;

const STACK_BYTES: usize = 128 * 1024;

/// Prints the base URL and serves until standard input ends, as it does with who started it.
pub(crate) fn serve() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    println!("http://{}/v1", listener.local_addr().unwrap());
    thread::spawn(|| {
        std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
        std::process::exit(0);
    });
    for connection in listener.incoming().flatten() {
        thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn(move || answer(&connection))
            .unwrap();
    }
}

/// Answers requests until the client goes away.
fn answer(connection: &TcpStream) {
    connection.set_nodelay(true).unwrap();
    let mut reader = BufReader::with_capacity(4096, connection);
    while let Some((path, body)) = request(&mut reader) {
        if reply(connection, &path, &body).is_none() {
            return;
        }
    }
}

/// The path and the body of the next request.
fn request(reader: &mut BufReader<&TcpStream>) -> Option<(String, String)> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    while line.trim_end() != "" {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let (name, value) = line.split_once(':').unwrap_or_default();
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((path, String::from_utf8(body).ok()?))
}

fn reply(mut connection: &TcpStream, path: &str, body: &str) -> Option<()> {
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    let scenario = Scenario::from_model(body["model"].as_str()?)?;
    let protocol = Protocol::of_path(path)?;
    if body["stream"] != true {
        let body = protocol.whole(scenario);
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        return connection.write_all((head + &body).as_bytes()).ok();
    }
    let mut writes = protocol.stream(scenario).into_iter().map(chunk);
    let head =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let first = head.to_owned() + &writes.next()?;
    connection.write_all(first.as_bytes()).ok()?;
    let mut last = writes.next_back()?;
    if !scenario.stays_open {
        last += "0\r\n\r\n";
    }
    for write in writes {
        connection.write_all(write.as_bytes()).ok()?;
    }
    connection.write_all(last.as_bytes()).ok()
}

fn chunk(piece: String) -> String {
    format!("{:x}\r\n{piece}\r\n", piece.len())
}

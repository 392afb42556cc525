//! HTTP mode beside a program's own routes: a pipeline is submitted, asks a person, is answered and
//! watched to its end.
//!
//! Here the program is its own client, over loopback; with the argument `serve` it waits for
//! others: `curl -N http://127.0.0.1:PORT/pipelines`.

#![expect(clippy::print_stdout, reason = "an example prints what it shows")]

use std::time::Duration;

use attractor_core::Answer;
use attractor_server::http::{PipelineService, Submission, router};
use axum::{Router, routing::get};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const PIPELINE: &str = r#"digraph release {
    start [shape=Mdiamond]; exit [shape=Msquare]
    build [shape=parallelogram, tool_command="echo built"]
    gate  [shape=hexagon, label="Ship it?"]
    ship  [shape=parallelogram, tool_command="echo shipped"]
    start -> build -> gate
    gate -> ship [label="[Y] Yes"]
    gate -> exit [label="[N] No"]
    ship -> exit
}"#;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> Result<()> {
    let runs = tempfile::tempdir()?;
    // `.engine(|engine| engine.backend(…))` gives model stages to an agent; here there are none.
    let service = PipelineService::builder(runs.path())
        .max_running(2)
        .build()?;
    let app = Router::new()
        .route("/", get(async || "pipelines are at /pipelines\n"))
        .merge(router(service.clone()));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = axum::serve(listener, app).with_graceful_shutdown({
        let service = service.clone();
        async move {
            // Either `stop` was sent or its sender is gone.
            let _ = stopped.await;
            // Event streams end with their runs, and the server with its last connection.
            service.shutdown().await;
        }
    });
    let client = async {
        if std::env::args().nth(1).as_deref() == Some("serve") {
            println!("http://{address}/");
            tokio::signal::ctrl_c().await?;
        } else {
            use_it(&service, &address.to_string()).await?;
        }
        drop(stop);
        Ok(())
    };
    let (served, used) = tokio::join!(server, client);
    served?;
    used
}

async fn use_it(service: &PipelineService, address: &str) -> Result<()> {
    print!("{}", fetch(address, "/").await?);
    let id = service.submit(Submission::new(PIPELINE)).await?;
    let question = loop {
        if let Some(question) = service.questions(&id)?.pop() {
            break question;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    println!("{}", question.question.text);
    service.answer(&id, &question.id, Answer::text("yes"))?;
    // Comes to its end when the run does.
    let events = fetch(address, &format!("/pipelines/{id}/events")).await?;
    println!("{} events", events.matches("\nid: ").count());
    println!("{:?}", service.status(&id).await?.summary.status);
    Ok(())
}

/// The body of what is at a path.
async fn fetch(address: &str, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.0\r\nhost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await?;
    let (_, body) = reply.split_once("\r\n\r\n").ok_or("no reply")?;
    Ok(body.to_owned())
}

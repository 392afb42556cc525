//! Commands that agents have hung on: each returns promptly, with the right text, and leaves
//! nothing behind.

use std::time::{Duration, Instant};

use attractor_agent::{ShellTool, Tool as _, ToolContext, ToolOutput};
use serde_json::json;

use crate::support::{Workspace, assert_gone, is_alive};

async fn shell(workspace: &Workspace, command: &str, timeout_ms: u64) -> (ToolOutput, Duration) {
    let context = ToolContext::new(workspace.environment.clone());
    let input = json!({"command": command, "timeout_ms": timeout_ms});
    let begun = Instant::now();
    let output = ShellTool.execute(input, &context).await.unwrap();
    (output, begun.elapsed())
}

fn pids(workspace: &Workspace) -> Vec<String> {
    let text = String::from_utf8(workspace.read("pids")).unwrap();
    text.split_whitespace().map(str::to_owned).collect()
}

/// Far above what it takes on a busy machine, far below what it would take to wait.
const PROMPTLY: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_child_in_the_background_keeps_nobody_waiting() {
    let workspace = Workspace::new();
    let (output, took) = shell(&workspace, "sleep 20 & echo hi; echo $! > pids", 15_000).await;
    assert!(
        output.text.starts_with("hi\nExit code: 0\n"),
        "{}",
        output.text
    );
    assert!(took < PROMPTLY, "{took:?}");
    let pid = &pids(&workspace)[0];
    assert!(is_alive(pid), "a server may go on running");
    workspace.environment.cleanup().await.unwrap();
    assert_gone(pid);
}

#[tokio::test]
async fn a_command_that_reads_its_input_gets_none() {
    let workspace = Workspace::new();
    let command = "cat; read -r line; echo \"read: $?\"; wc -c";
    let (output, took) = shell(&workspace, command, 15_000).await;
    assert!(
        output.text.starts_with("read: 1\n0\nExit code: 0\n"),
        "{}",
        output.text
    );
    assert!(took < PROMPTLY, "{took:?}");
}

#[tokio::test]
async fn half_a_gigabyte_of_output_is_kept_on_disk() {
    const BYTES: u64 = 500_000_000;
    let workspace = Workspace::new();
    let command = format!("echo first; yes | head -c {BYTES}; echo last");
    let (output, _) = shell(&workspace, &command, 300_000).await;
    assert!(output.text.starts_with("first\ny\n"));
    let end = &output.text[output.text.len() - 60..];
    assert!(end.contains("y\nlast\nExit code: 0\n"), "{end}");
    assert!(output.text.len() < 2 * 1024 * 1024, "{}", output.text.len());
    let file = output.file.unwrap();
    assert!(
        output
            .text
            .contains(&format!("the whole output is in {file}"))
    );
    assert_eq!(
        std::fs::metadata(&file).unwrap().len(),
        BYTES + "first\nlast\n".len() as u64
    );
    drop(workspace);
    assert!(
        !std::path::Path::new(&file).exists(),
        "it goes with the environment"
    );
}

#[tokio::test]
async fn children_that_ignore_the_polite_signal_are_ended() {
    let workspace = Workspace::new();
    let command = "trap '' TERM; (while :; do sleep 0.1; done) & echo $$ $! > pids; echo begun; \
                   while :; do sleep 0.1; done";
    let (output, took) = shell(&workspace, command, 2_000).await;
    assert!(
        output
            .text
            .starts_with("begun\n[ERROR: Command timed out after 2000ms."),
        "{}",
        output.text
    );
    assert!(
        took > Duration::from_millis(3_900),
        "two seconds to clean up: {took:?}"
    );
    assert!(took < PROMPTLY, "{took:?}");
    let pids = pids(&workspace);
    assert_eq!(pids.len(), 2);
    pids.iter().for_each(|pid| assert_gone(pid));
}

#[tokio::test]
async fn a_flood_of_errors_blocks_nothing() {
    let workspace = Workspace::new();
    let command = "yes error | head -c 6000000 >&2; echo done";
    let (output, took) = shell(&workspace, command, 60_000).await;
    assert!(
        output.text.starts_with("done\n[stderr]\nerror\n"),
        "{}",
        &output.text[..60]
    );
    assert!(output.text.contains("Exit code: 0\n"));
    assert!(output.text.len() < 2 * 1024 * 1024, "{}", output.text.len());
    assert!(took < 2 * PROMPTLY, "{took:?}");
    assert_eq!(output.file, None, "no file has both streams");
}

#[tokio::test]
async fn what_was_written_before_the_exit_is_never_lost() {
    let workspace = Workspace::new();
    // The child keeps the pipe open, so that its end never comes.
    let command = "sleep 20 & head -c 60000 /dev/zero | tr '\\0' x; echo end";
    for _ in 0..5 {
        let (output, _) = shell(&workspace, command, 15_000).await;
        assert!(
            output.text.contains("xend\nExit code: 0"),
            "{}",
            output.text.len()
        );
    }
    workspace.environment.cleanup().await.unwrap();
}

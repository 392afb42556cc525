use serde_json::{Value, json};

use super::desk::{Desk, GATE};
use crate::plant::{SLOW, TASK};
use crate::terminal::Terminal;

fn numbers(events: &[Value]) -> Vec<i64> {
    events
        .iter()
        .map(|event| event["seq"].as_i64().unwrap())
        .collect()
}

#[tokio::test]
async fn a_run_is_watched_from_its_start_to_its_end() {
    let desk = Desk::start().await;
    desk.push("task", TASK);
    let watched = desk.types(&["runs", "start", "task", "--watch"]).exits(0);
    let watched = watched.says(&[
        "the run waits for its turn",
        "look: success",
        "stored report.md",
    ]);
    assert!(
        watched.stdout.starts_with("SUCCEEDED  c"),
        "{}",
        watched.stdout
    );
    let id = watched.stdout.split_whitespace().nth(1).unwrap();
    // Once more, when all is over: as the API has it.
    let mut again = desk.follows(&["runs", "watch", id, "--json"]);
    let (events, code) = again.rest();
    assert_eq!(code, Some(0));
    let history = desk
        .plant
        .server
        .read(&format!("/api/runs/{id}/history"))
        .await;
    assert_eq!(json!(events), history["events"]);
}

#[tokio::test]
async fn a_run_that_fails_says_so_by_its_exit_code() {
    let desk = Desk::start().await;
    let broken = TASK.replace("echo fine >.attractor/out/report.md", "exit 3");
    desk.push("broken", &broken);
    let watched = desk.types(&["runs", "start", "broken", "--watch"]).exits(1);
    assert!(
        watched.stdout.starts_with("FAILED  c"),
        "{}",
        watched.stdout
    );
}

#[tokio::test]
async fn a_paused_run_ends_a_watch_until_it_goes_on() {
    let desk = Desk::with(&["--max-runs", "1"]).await;
    let slow = desk.begin("slow", SLOW);
    desk.plant.waiting(&slow).await;
    // It waits for the other one, so that it can be paused at once.
    let run = desk.begin("task", TASK);
    let mut watched = desk.follows(&["runs", "watch", &run, "--json"]);
    watched.until("RunQueued");
    assert_eq!(
        desk.prints(&["runs", "pause", &run]),
        format!("{run}  PAUSED\n")
    );
    let (events, code) = watched.rest();
    assert_eq!(code, Some(3));
    assert_eq!(events.last().unwrap()["type"], "RunPaused");
    // Who comes later hears the same at once, and who comes after it goes on hears more.
    let paused = desk.types(&["runs", "watch", &run]).exits(3);
    paused.says(&["attractor runs resume"]);
    assert_eq!(desk.json(&["runs", "resume", &run])["status"], "QUEUED");
    let running = desk.types(&["runs", "pause", &slow]).exits(0).stdout;
    assert_eq!(
        running,
        format!("{slow}  RUNNING: it stops after what it's doing\n")
    );
    desk.plant.go(&slow);
    desk.types(&["runs", "watch", &run]).exits(0);
}

#[tokio::test]
async fn a_watch_goes_on_after_its_server_was_started_again() {
    let mut desk = Desk::start().await;
    let run = desk.begin("gate", GATE);
    let mut watched = desk.follows(&["runs", "watch", &run, "--json"]);
    let mut events = watched.until("HumanQuestionPending");
    desk.plant.restart();
    desk.types(&["runs", "answer", &run, "A"]).exits(0);
    let (more, code) = watched.rest();
    events.extend(more);
    assert_eq!(code, Some(0), "{events:?}");
    let count = i64::try_from(events.len()).unwrap();
    assert_eq!(
        numbers(&events),
        (1..=count).collect::<Vec<_>>(),
        "each once, in order"
    );
    assert_eq!(events.last().unwrap()["type"], "RunCompleted");
}

#[tokio::test]
async fn who_is_not_at_a_terminal_is_told_how_to_answer() {
    let desk = Desk::start().await;
    let run = desk.begin("gate", GATE);
    desk.types(&["runs", "watch", &run, "--answer"])
        .exits(2)
        .says(&["--answer asks on a terminal"]);
    let mut json = desk.follows(&["runs", "watch", &run, "--json"]);
    json.until("HumanQuestionPending");
    let mut command = desk.command(&["runs", "watch", &run]);
    let text = command
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    desk.types(&["runs", "cancel", &run]).exits(0);
    let ended = crate::harness::Finished::of(text.wait_with_output().unwrap());
    assert_eq!(ended.code, Some(1));
    let (events, code) = json.rest();
    assert_eq!(code, Some(1));
    assert!(events.iter().any(|event| event["type"] == "RunCanceled"));
}

#[tokio::test]
async fn ctrl_c_ends_a_watch_and_not_its_run() {
    let desk = Desk::start().await;
    let run = desk.begin("gate", GATE);
    let mut watched = desk.follows(&["runs", "watch", &run, "--json"]);
    watched.until("HumanQuestionPending");
    watched.interrupt();
    let (_, code) = watched.rest();
    assert_eq!(code, Some(130));
    assert_eq!(desk.json(&["runs", "show", &run])["status"], "RUNNING");
}

/// Ends a watch on a terminal with Ctrl-C once it shows something, and looks at what it leaves.
fn leaves_the_terminal_clean(desk: &Desk, arguments: &[&str], once: &str) {
    let Some(mut terminal) = Terminal::open(&desk.command(arguments)) else {
        return;
    };
    let before = terminal.shown_until(once);
    terminal.types("\u{3}");
    let (after, code) = terminal.rest();
    assert_eq!(code, Some(130), "{after}");
    let all = before + &after;
    let (_, end) = all
        .rsplit_once("the run goes on; `attractor runs cancel` ends it")
        .unwrap();
    assert!(!end.contains("wait"), "a line moves on: {end:?}");
    // Who hides the cursor shows it again.
    let (hidden, shown) = (all.rfind("\u{1b}[?25l"), all.rfind("\u{1b}[?25h"));
    assert!(hidden <= shown, "{all:?}");
}

#[tokio::test]
async fn ctrl_c_leaves_the_terminal_as_it_was() {
    let desk = Desk::start().await;
    let slow = desk.begin("slow", SLOW);
    desk.plant.waiting(&slow).await;
    leaves_the_terminal_clean(&desk, &["runs", "watch", &slow], " wait  ");
    desk.types(&["runs", "cancel", &slow]).exits(0);
    let gate = desk.begin("gate", GATE);
    leaves_the_terminal_clean(&desk, &["runs", "watch", &gate, "--answer"], "Select: ");
}

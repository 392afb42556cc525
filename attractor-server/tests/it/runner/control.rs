//! What a runner is told from outside: answers, pause, cancel, the end of its process.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::time::interval;

use super::factory::Factory;
use crate::plant::GATE;
use crate::process::{gone, kill};

const SLOW: &str = r#"digraph slow {
    start [shape=Mdiamond]; done [shape=Msquare]
    wait [shape=parallelogram, tool_command="echo $$ >../pid; sleep 600; echo x >.attractor/out/x"]
    start -> wait -> done
}"#;

fn no() -> Value {
    json!({"value": {"choice": "N"}, "selected_option": {"key": "N", "label": "[N] No"}})
}

#[tokio::test]
async fn a_question_is_asked_once_and_its_answer_found_by_the_next_runner() {
    let factory = Factory::new("task", GATE);
    factory
        .while_serving(async |url: &str| {
            let mut first = factory.runner(url).await;
            factory
                .plane
                .until(|known| !known.questions.is_empty())
                .await;
            first.kill().await.unwrap();
            factory.plane.change(|known| {
                known.questions[0]["answer"] = no();
                known.questions[0]["status"] = "ANSWERED".into();
            });
            let mut second = factory.runner(url).await;
            assert_eq!(
                second.wait().await.unwrap().code(),
                Some(0),
                "{}",
                factory.log()
            );
        })
        .await;
    factory.has_succeeded();
    assert_eq!(factory.artifact("answer.txt"), "no\n");
    let questions = factory.plane.known().questions.clone();
    assert_eq!(questions.len(), 1, "{questions:?}");
    assert_eq!(questions[0]["prompt"], "Ship it?");
    assert_eq!(
        questions[0]["options"][1],
        json!({"key": "N", "label": "[N] No"})
    );
}

/// Begins a run that takes long, does something to it once its stage is at work, and says how its process
/// ended, and which one the stage's was.
async fn interrupted(factory: &Factory, how: impl FnOnce(u32)) -> (Option<i32>, i32) {
    let path = factory.directory().join("pid");
    let told = || std::fs::read_to_string(&path).unwrap_or_default();
    // What an attempt before has told.
    let _ = std::fs::remove_file(&path);
    factory
        .while_serving(async |url: &str| {
            let mut child = factory.runner(url).await;
            let mut look = interval(Duration::from_millis(20));
            while !told().ends_with('\n') {
                look.tick().await;
            }
            how(child.id().unwrap());
            let code = child.wait().await.unwrap().code();
            (code, told().trim().parse().unwrap())
        })
        .await
}

#[tokio::test]
async fn a_run_that_is_to_be_cancelled_says_that_it_was() {
    let factory = Factory::new("task", SLOW);
    let stop = |_| factory.plane.change(|known| known.stop = Some("cancel"));
    assert_eq!(interrupted(&factory, stop).await.0, Some(1));
    assert_eq!(factory.finish()["outcome"], "canceled");
    assert_eq!(
        factory.event_types().last().unwrap(),
        "EngineRunInterrupted"
    );
}

#[tokio::test]
async fn a_paused_run_goes_on_where_it_stopped() {
    let factory = Factory::new("task", SLOW);
    let stop = |_| factory.plane.change(|known| known.stop = Some("pause"));
    assert_eq!(interrupted(&factory, stop).await.0, Some(3));
    assert_eq!(factory.finish()["outcome"], "paused");
    factory.plane.change(|known| {
        known.stop = None;
        known.finish = None;
    });
    let stop = |_| factory.plane.change(|known| known.stop = Some("cancel"));
    interrupted(&factory, stop).await;
    let types = factory.event_types();
    let resumed = types.iter().filter(|it| *it == "EngineRunResumed");
    assert_eq!(resumed.count(), 1, "{types:?}");
}

#[tokio::test]
async fn a_process_that_is_asked_to_end_does_with_all_that_it_has_started() {
    let factory = Factory::new("task", SLOW);
    let end = |pid: u32| kill(i32::try_from(pid).unwrap(), Signal::TERM);
    let (code, stage) = interrupted(&factory, end).await;
    assert_eq!(code, Some(143), "{}", factory.log());
    assert!(factory.plane.known().finish.is_none());
    gone(stage).await;
}

#[tokio::test]
async fn a_runner_whose_run_is_over_stops_and_says_nothing() {
    let factory = Factory::new("task", SLOW);
    let over = |_| {
        factory.plane.change(|known| {
            known.over = true;
        });
    };
    assert_eq!(interrupted(&factory, over).await.0, Some(1));
    assert!(factory.plane.known().finish.is_none());
    assert!(factory.log().contains("is over"), "{}", factory.log());
}

#[tokio::test]
async fn a_run_that_takes_longer_than_it_may_stops_and_says_so() {
    let factory = Factory::new("task", SLOW);
    factory.specify("/limits/runMs", 200.into());
    assert_eq!(factory.attempt().await, Some(1), "{}", factory.log());
    let finish = factory.finish();
    assert_eq!(finish["outcome"], "timeout", "{finish}");
    let why = finish["error"].as_str().unwrap();
    assert_eq!(why, "the run took longer than it may");
}

//! The runner of this machine, with a shell in place of `attractor runner`.

use std::sync::Arc;
use std::time::Duration;

use attractor_server::domain::{Clock, RunId, Timestamp};
use attractor_server::runner::{LocalRunner, LocalRunnerConfig, Observation, Runner};
use attractor_server::testing::{runner_launch, runner_suite};
use tempfile::TempDir;

use crate::process::is_alive;

fn shell(data: &TempDir, script: &str) -> LocalRunnerConfig {
    let config = LocalRunnerConfig::new(data.path()).unwrap();
    config.program("/bin/sh", ["-c", script])
}

const LASTING: &str = "trap '' TERM; read line; while :; do sleep 1; done";

#[tokio::test]
async fn it_is_a_runner() {
    let data = tempfile::tempdir().unwrap();
    let lasting = LocalRunner::new(shell(&data, LASTING));
    let brief = LocalRunner::new(shell(&data, "read line; exit 7"));
    runner_suite(&lasting, &brief).await;
}

#[tokio::test]
async fn another_server_finds_what_one_has_started_and_ends_it() {
    let data = tempfile::tempdir().unwrap();
    let run = RunId::new();
    let first = LocalRunner::new(shell(&data, LASTING));
    first.launch(runner_launch(run.clone(), 1)).await.unwrap();
    let second = LocalRunner::new(shell(&data, LASTING));
    assert_eq!(second.attempts().await.unwrap(), [(run.clone(), 1)]);
    assert_eq!(second.observe(&run, 1).await.unwrap(), Observation::Alive);
    second.stop(&run, 1).await.unwrap();
    let seen = first.observe(&run, 1).await.unwrap();
    // It may not have come to where it ignores the first one.
    let signals = ["signal 9", "signal 15"].map(|it| Observation::Ended(Some(it.to_owned())));
    assert!(signals.contains(&seen), "{seen:?}");
}

/// A clock that is always an hour later than before.
#[derive(Debug, Default)]
struct Hours(std::sync::atomic::AtomicI64);

impl Clock for Hours {
    fn now(&self) -> Timestamp {
        let hour = self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Timestamp::from_millis(hour * 3_600_000)
    }
}

#[tokio::test]
async fn an_attempt_that_takes_too_long_is_ended_and_stays_timed_out() {
    let data = tempfile::tempdir().unwrap();
    let config = shell(&data, LASTING).clock(Arc::new(Hours::default()));
    let runner = LocalRunner::new(config.attempt_limit(Duration::from_secs(60)));
    let run = RunId::new();
    runner.launch(runner_launch(run.clone(), 1)).await.unwrap();
    for _ in 0..2 {
        assert_eq!(
            runner.observe(&run, 1).await.unwrap(),
            Observation::TimedOut
        );
    }
    assert_eq!(runner.attempts().await.unwrap(), []);
}

#[tokio::test]
async fn what_a_stage_has_left_in_a_group_of_its_own_is_ended_too() {
    let data = tempfile::tempdir().unwrap();
    let run = RunId::new();
    let left = data.path().join("left");
    let script = format!(
        "read line; ATTRACTOR_RUN_ID={run} setsid sh -c 'echo $$ >{0}.new; mv {0}.new {0}; exec sleep 600' & wait",
        left.display()
    );
    let runner = LocalRunner::new(shell(&data, &script));
    runner.launch(runner_launch(run.clone(), 1)).await.unwrap();
    while !left.exists() {
        tokio::task::yield_now().await;
    }
    runner.stop(&run, 1).await.unwrap();
    let pid = std::fs::read_to_string(left).unwrap();
    assert!(!is_alive(pid.trim().parse().unwrap()));
}

#[tokio::test]
async fn only_attempts_that_may_be_under_way_are_looked_at() {
    let data = tempfile::tempdir().unwrap();
    let brief = LocalRunner::new(shell(&data, "read line; exit 7"));
    let lasting = LocalRunner::new(shell(&data, LASTING));
    let (over, alive) = (RunId::new(), RunId::new());
    brief.launch(runner_launch(over.clone(), 1)).await.unwrap();
    while brief.observe(&over, 1).await.unwrap() == Observation::Alive {
        tokio::task::yield_now().await;
    }
    lasting
        .launch(runner_launch(alive.clone(), 1))
        .await
        .unwrap();
    let listed = || {
        let names = std::fs::read_dir(data.path().join("attempts")).unwrap();
        let names = names.map(|it| it.unwrap().file_name().into_string().unwrap());
        names.collect::<std::collections::BTreeSet<_>>()
    };
    let names = |runs: &[&RunId]| runs.iter().map(|run| format!("{run}.1")).collect();
    assert_eq!(listed(), names(&[&over, &alive]));
    assert_eq!(lasting.attempts().await.unwrap(), [(alive.clone(), 1)]);
    assert_eq!(listed(), names(&[&alive]));
    // What has ended is known still.
    let seen = brief.observe(&over, 1).await.unwrap();
    assert_eq!(seen, Observation::Ended(Some("exit code 7".to_owned())));
    lasting.clean_up(&alive).await.unwrap();
    assert_eq!(listed(), names(&[]));
}

#[tokio::test]
async fn an_attempt_isnt_ended_by_the_end_of_the_one_before_it() {
    let data = tempfile::tempdir().unwrap();
    let runner = LocalRunner::new(shell(&data, LASTING));
    let run = RunId::new();
    for attempt in [1, 2] {
        let launch = runner_launch(run.clone(), attempt);
        runner.launch(launch).await.unwrap();
    }
    runner.stop(&run, 1).await.unwrap();
    assert_eq!(runner.observe(&run, 2).await.unwrap(), Observation::Alive);
    runner.clean_up(&run).await.unwrap();
}

#[tokio::test]
async fn it_inherits_no_secret_and_is_told_where_it_belongs() {
    let data = tempfile::tempdir().unwrap();
    let script = "env; read line; echo \"$line\"; exit 7";
    let runner = LocalRunner::new(shell(&data, script));
    let run = RunId::new();
    runner.launch(runner_launch(run.clone(), 1)).await.unwrap();
    while runner.observe(&run, 1).await.unwrap() == Observation::Alive {
        tokio::task::yield_now().await;
    }
    let log = runner.directory(&run).join("attempts/1.log");
    let log = std::fs::read_to_string(log).unwrap();
    assert!(
        log.contains("\"token\":\"arr_suite\"") && log.contains(run.as_str()),
        "{log}"
    );
    assert!(
        log.contains("PATH=") && !log.contains("CARGO_MANIFEST_DIR="),
        "{log}"
    );
}

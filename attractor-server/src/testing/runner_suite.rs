#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a suite fails by panicking"
)]

use std::time::{Duration, Instant};

use serde_json::json;

use crate::domain::{
    AttractorId, BranchName, ModelConfig, Namespace, Project, ProjectId, Run, RunId, RunStatus,
    RunType, Timestamp,
};
use crate::runner::{Launch, Observation, Runner};

/// How long an attempt may take to be seen as it is: a cluster needs its time.
const PATIENCE: Duration = Duration::from_secs(60);

/// What every [`Runner`] must satisfy. `lasting` starts attempts that go on until they are ended, also
/// when they are asked politely; `brief` starts attempts that end by themselves, with the exit code 7.
///
/// # Panics
///
/// If a runner doesn't satisfy it.
pub async fn runner_suite(lasting: &dyn Runner, brief: &dyn Runner) {
    what_was_never_started_is_unknown(lasting).await;
    an_attempt_is_started_once_and_ended_for_sure(lasting).await;
    attempts_are_told_apart(lasting).await;
    what_ends_by_itself_is_seen(brief).await;
    nothing_is_left_of_a_run_that_is_cleaned_up(lasting).await;
}

async fn what_was_never_started_is_unknown(runner: &dyn Runner) {
    let run = RunId::new();
    assert_eq!(runner.observe(&run, 1).await.unwrap(), Observation::Unknown);
    runner.stop(&run, 1).await.unwrap();
    runner.clean_up(&run).await.unwrap();
}

async fn an_attempt_is_started_once_and_ended_for_sure(runner: &dyn Runner) {
    let launch = runner_launch(RunId::new(), 1);
    let run = launch.run.id.clone();
    runner.launch(launch.clone()).await.unwrap();
    runner.launch(launch).await.unwrap();
    assert_eq!(runner.observe(&run, 1).await.unwrap(), Observation::Alive);
    let found = runner.attempts().await.unwrap();
    assert_eq!(found.iter().filter(|(of, _)| *of == run).count(), 1);
    let began = Instant::now();
    runner.stop(&run, 1).await.unwrap();
    let took = began.elapsed();
    // Two seconds by the contract; the rest is for a machine that does something else too.
    assert!(took < PATIENCE, "{took:?}");
    is_over(runner, &run, 1).await;
    assert!(!runner.attempts().await.unwrap().contains(&(run.clone(), 1)));
    runner.stop(&run, 1).await.unwrap();
    runner.clean_up(&run).await.unwrap();
}

async fn attempts_are_told_apart(runner: &dyn Runner) {
    let run = RunId::new();
    runner.launch(runner_launch(run.clone(), 1)).await.unwrap();
    runner.stop(&run, 1).await.unwrap();
    runner.launch(runner_launch(run.clone(), 2)).await.unwrap();
    assert_eq!(runner.observe(&run, 2).await.unwrap(), Observation::Alive);
    is_over(runner, &run, 1).await;
    runner.stop(&run, 2).await.unwrap();
    runner.clean_up(&run).await.unwrap();
}

async fn what_ends_by_itself_is_seen(runner: &dyn Runner) {
    let run = RunId::new();
    runner.launch(runner_launch(run.clone(), 1)).await.unwrap();
    let how = is_over(runner, &run, 1).await;
    assert_eq!(how.as_deref(), Some("exit code 7"));
    runner.clean_up(&run).await.unwrap();
}

async fn nothing_is_left_of_a_run_that_is_cleaned_up(runner: &dyn Runner) {
    let run = RunId::new();
    runner.launch(runner_launch(run.clone(), 1)).await.unwrap();
    runner.clean_up(&run).await.unwrap();
    let seen = runner.observe(&run, 1).await.unwrap();
    assert_eq!(seen, Observation::Unknown);
    assert!(!runner.attempts().await.unwrap().contains(&(run, 1)));
}

/// Waits until an attempt is over; how it ended, if that is known.
async fn is_over(runner: &dyn Runner, run: &RunId, attempt: i64) -> Option<String> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match runner.observe(run, attempt).await.unwrap() {
            Observation::Ended(how) => return how,
            Observation::Unknown => return None,
            seen if Instant::now() > deadline => panic!("the attempt is {seen:?} still"),
            _ => tokio::task::yield_now().await,
        }
    }
}

/// An attempt at a run of some project, for tests of runners.
///
/// # Panics
///
/// Never.
pub fn runner_launch(id: RunId, attempt: i64) -> Launch {
    let project_id = ProjectId::new();
    let branch = |name: &str| BranchName::try_from(name.to_owned()).unwrap();
    let now = Timestamp::now();
    let model = json!({"provider": "anthropic", "modelId": "m"});
    let model_config: ModelConfig = serde_json::from_value(model).unwrap();
    Launch {
        run: Run {
            id,
            project_id: project_id.clone(),
            attractor_def_id: AttractorId::new(),
            run_type: RunType::Task,
            source_branch: branch("main"),
            target_branch: branch("work"),
            status: RunStatus::Running,
            spec_bundle_id: None,
            pr_url: None,
            error: None,
            model_config,
            attractor_version: None,
            attractor_sha256: None,
            force: false,
            rerun_of: None,
            rerun_from_node: None,
            attempt,
            cost_micro_usd: 0,
            last_seq: 1,
            created_at: now,
            started_at: Some(now),
            finished_at: None,
        },
        project: Project {
            id: project_id,
            name: "project".to_owned(),
            namespace: Namespace::of_project("project"),
            github_installation_id: None,
            repo_full_name: None,
            repository: None,
            default_branch: None,
            concurrency_limit: None,
            created_at: now,
            updated_at: now,
        },
        api_url: "http://127.0.0.1:1".to_owned(),
        token: "arr_suite".to_owned().into(),
    }
}

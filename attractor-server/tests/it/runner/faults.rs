//! A runner that is killed at any request, and a control plane that is gone for a while.

use super::factory::Factory;
use super::implementation::factory;
use super::plane::Fatal;
use super::planning::BY_TOOL;
use crate::repository::git;

/// The requests of an implementation run, and of a planning run.
const IMPLEMENTATION: [&str; 7] = [
    "/claim",
    "/bundle/plan.md",
    "/events",
    "/artifacts",
    "/fence",
    "/pull-request",
    "/finish",
];
const PLANNING: [&str; 6] = [
    "/claim",
    "/pipeline",
    "/events",
    "/artifacts",
    "/bundle",
    "/finish",
];

/// A runner that is killed at a request, and, unless the run was over by then, another one.
async fn to_its_end(factory: &Factory, fatal: Fatal) {
    factory.plane.change(|known| known.fatal = Some(fatal));
    assert_eq!(
        factory.attempt().await,
        None,
        "{fatal:?}\n{}",
        factory.log()
    );
    if factory.plane.known().finish.is_none() {
        factory.plane.change(|known| known.fatal = None);
        let ended = factory.attempt().await;
        assert_eq!(ended, Some(0), "{fatal:?}\n{}", factory.log());
    }
    factory.has_succeeded();
}

async fn implementation_survives(fatal: Fatal) {
    let factory = factory();
    to_its_end(&factory, fatal).await;
    // No stage that had ended was executed again; one that was killed in the middle may have had its effect.
    let types = factory.event_types();
    let ends = types.iter().filter(|it| *it == "EngineNodeCompleted");
    assert_eq!(ends.count(), 4, "{fatal:?} {types:?}");
    assert_eq!(types.last().unwrap(), "EngineRunCompleted");
    let work = git(&factory.origin(), &["show", "attractor/work:work.txt"]);
    let begun = factory.begun("edit");
    let lines = work.lines().count();
    assert!(
        (1..=begun).contains(&lines),
        "{fatal:?}: {lines} of {begun}\n{}",
        factory.log()
    );
}

#[tokio::test]
async fn a_runner_killed_before_any_request_is_followed_by_one_that_ends_the_run() {
    for path in IMPLEMENTATION {
        implementation_survives(Fatal::Before(path)).await;
    }
}

#[tokio::test]
async fn a_runner_killed_after_any_request_is_followed_by_one_that_ends_the_run() {
    for path in IMPLEMENTATION {
        implementation_survives(Fatal::After(path)).await;
    }
}

#[tokio::test]
async fn a_planning_run_survives_it_too() {
    for path in PLANNING {
        let factory = Factory::new("planning", BY_TOOL);
        to_its_end(&factory, Fatal::After(path)).await;
        assert_eq!(factory.artifact("plan.md"), "# Plan\n");
        assert!(factory.plane.known().bundle.is_some());
    }
}

#[tokio::test]
async fn a_control_plane_that_is_gone_for_a_while_hears_everything_once() {
    let factory = Factory::new("planning", BY_TOOL);
    factory.plane.change(|known| known.down = 5);
    assert_eq!(factory.attempt().await, Some(0), "{}", factory.log());
    factory.has_succeeded();
    let types = factory.event_types();
    assert_eq!(
        types.iter().filter(|it| *it == "EngineRunStarted").count(),
        1
    );
}

//! Implementation runs: commits, the push, the pull request.

use serde_json::json;

use super::factory::Factory;
use crate::process::gone;
use crate::repository::{commit, git};

/// Appends a line to a file of the repository, and says what the bundle told.
pub(crate) const WORK: &str = r#"digraph work {
    graph [goal="Greet the world"]
    start [shape=Mdiamond]; done [shape=Msquare]
    edit [shape=parallelogram, tool_command="cat .attractor/spec/plan.md; echo line >>work.txt"]
    note [shape=parallelogram, tool_command="echo '# Done' >.attractor/out/implementation-note.md"]
    start -> edit -> note -> done
}"#;

pub(crate) fn factory() -> Factory {
    let factory = Factory::new("implementation", WORK);
    let plan = b"# Plan\n".to_vec();
    let sha256 = sha256(&plan);
    factory.plane.change(|known| {
        known.bundle_files.insert("plan.md".to_owned(), plan);
    });
    factory.specify(
        "/specBundle",
        json!({"id": "cbundle", "files": [{"name": "plan.md", "sha256": sha256, "sizeBytes": 7}]}),
    );
    factory
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn pushed(factory: &Factory, what: &str) -> String {
    git(
        &factory.origin(),
        &["show", &format!("attractor/work:{what}")],
    )
}

#[tokio::test]
async fn a_commit_a_node_is_pushed_and_a_pull_request_opened() {
    let factory = factory();
    let main = git(&factory.origin(), &["rev-parse", "main"]);
    assert_eq!(factory.attempt().await, Some(0), "{}", factory.log());
    factory.has_succeeded();
    assert_eq!(factory.finish()["prUrl"], "https://forge.example/pull/7");
    assert_eq!(pushed(&factory, "work.txt"), "line");
    assert_eq!(git(&factory.origin(), &["rev-parse", "main"]), main);
    let nodes = "--format=%(trailers:key=Attractor-Node,valueonly)";
    let log = git(&factory.origin(), &["log", nodes, "main..attractor/work"]);
    let nodes: Vec<_> = log.split_whitespace().collect();
    assert_eq!(nodes, ["done", "note", "edit", "start"]);
    assert_eq!(factory.artifact("implementation-note.md"), "# Done\n");
    assert!(factory.artifact("implementation.patch").contains("+line"));
    let files = git(
        &factory.origin(),
        &["ls-tree", "-r", "--name-only", "attractor/work"],
    );
    assert!(!files.contains(".attractor"), "{files}");
    let wanted = factory.plane.known().pull_requests.clone();
    assert_eq!(wanted[0]["title"], "example: Greet the world");
    assert_eq!(wanted[0]["head"], "attractor/work");
}

#[tokio::test]
async fn a_second_run_goes_on_from_the_first_ones_branch() {
    let mut factory = factory();
    factory.attempt().await;
    factory.has_succeeded();
    factory.another_run("crun2");
    assert_eq!(factory.attempt().await, Some(0), "{}", factory.log());
    factory.has_succeeded();
    assert_eq!(pushed(&factory, "work.txt"), "line\nline");
}

#[tokio::test]
async fn nothing_is_pushed_over_what_somebody_else_has_pushed_meanwhile() {
    let factory = factory();
    let origin = factory.origin().display().to_string();
    let meddle = format!("{WORK_ELSEWHERE} git -C {origin} branch attractor/work main");
    let pipeline = WORK.replace("echo line", &format!("{meddle}; echo line"));
    factory.specify("/attractor/content", pipeline.into());
    factory.attempt().await;
    let failure = factory.failure();
    assert!(failure.contains("changed by somebody else"), "{failure}");
    let branch = git(&factory.origin(), &["rev-parse", "attractor/work"]);
    assert_eq!(branch, git(&factory.origin(), &["rev-parse", "main"]));
}

/// The test's own git call mustn't be led to the clone.
const WORK_ELSEWHERE: &str = "env -u GIT_DIR";

#[tokio::test]
async fn no_run_pushes_to_the_default_branch() {
    for known in [json!("main"), json!(null)] {
        let factory = factory();
        factory.specify("/targetBranch", "main".into());
        factory.specify("/repository/defaultBranch", known);
        let main = git(&factory.origin(), &["rev-parse", "main"]);
        factory.attempt().await;
        let failure = factory.failure();
        assert!(failure.contains("default branch"), "{failure}");
        assert_eq!(git(&factory.origin(), &["rev-parse", "main"]), main);
    }
}

#[tokio::test]
async fn an_attempt_that_was_given_up_pushes_nothing() {
    let factory = factory();
    factory.plane.change(|known| known.may_push = false);
    assert_eq!(factory.attempt().await, Some(1));
    assert!(factory.plane.known().finish.is_none());
    assert_eq!(factory.plane.known().fences, 1);
    assert_eq!(
        git(&factory.origin(), &["branch", "--list", "attractor/work"]),
        ""
    );
}

#[tokio::test]
async fn a_run_that_changes_nothing_fails() {
    let factory = factory();
    let pipeline = WORK.replace("echo line >>work.txt", "true");
    factory.specify("/attractor/content", pipeline.into());
    factory.attempt().await;
    assert!(factory.failure().contains("changed no file"));
}

#[tokio::test]
async fn a_bundle_that_was_tampered_with_is_refused() {
    let factory = factory();
    factory.plane.change(|known| {
        known
            .bundle_files
            .insert("plan.md".to_owned(), b"# Other".to_vec());
    });
    factory.attempt().await;
    assert!(factory.failure().contains("plan.md of the bundle"));
}

#[tokio::test]
async fn a_run_can_be_repeated_from_a_node_and_takes_the_place_of_its_push() {
    let mut factory = factory();
    factory.attempt().await;
    factory.has_succeeded();
    let first = git(&factory.origin(), &["rev-parse", "attractor/work"]);
    factory.another_run("crun2");
    factory.specify("/rerun", json!({"runId": "crun1", "node": "note"}));
    assert_eq!(factory.attempt().await, Some(0), "{}", factory.log());
    factory.has_succeeded();
    assert_eq!(pushed(&factory, "work.txt"), "line");
    assert_ne!(
        git(&factory.origin(), &["rev-parse", "attractor/work"]),
        first
    );
    let types = factory.event_types();
    assert!(types.iter().any(|it| it == "EngineRunForked"), "{types:?}");
    // With commits of somebody else on the branch, a repetition would remove them.
    git(
        &factory.origin(),
        &["checkout", "--quiet", "attractor/work"],
    );
    std::fs::write(factory.origin().join("other.txt"), "x").unwrap();
    commit(&factory.origin(), "Somebody else's");
    factory.another_run("crun3");
    factory.attempt().await;
    assert!(factory.failure().contains("a repetition would remove them"));
}

/// A repository that takes no push before it's told to go on.
fn hesitates(factory: &Factory) {
    let root = factory.bench.root().display().to_string();
    let hook = factory.origin().join(".git/hooks/pre-receive");
    let script = format!(
        "#!/bin/sh\ntrap '' TERM\n[ -e {root}/go ] && exit 0\necho $$ >{root}/new && mv {root}/new {root}/hook\n\
         while :; do sleep 0.1; done\n"
    );
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, script).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(hook, mode).unwrap();
}

#[tokio::test]
async fn a_push_is_broken_off_when_the_run_may_be_anothers_and_begun_anew_if_it_isnt() {
    let factory = factory();
    hesitates(&factory);
    factory.specify("/leaseMs", 4_000.into());
    let hook = factory.bench.root().join("hook");
    let ended = factory
        .while_serving(async |url: &str| {
            let mut runner = factory.runner(url).await;
            while !hook.exists() {
                tokio::task::yield_now().await;
            }
            factory.plane.change(|known| known.deaf = true);
            let pid = std::fs::read_to_string(&hook).unwrap();
            gone(pid.trim().parse().unwrap()).await;
            let branch = ["branch", "--list", "attractor/work"];
            assert_eq!(git(&factory.origin(), &branch), "");
            std::fs::write(factory.bench.root().join("go"), "").unwrap();
            factory.plane.change(|known| known.deaf = false);
            runner.wait().await.unwrap().code()
        })
        .await;
    assert_eq!(ended, Some(0), "{}", factory.log());
    assert_eq!(pushed(&factory, "work.txt"), "line");
    assert!(factory.plane.known().fences >= 2);
}

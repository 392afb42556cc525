//! The local environment: the suite of all environments and what only this machine has.

use std::{
    os::unix::fs::{PermissionsExt as _, symlink},
    process::Command,
    time::{Duration, Instant},
};

use attractor_agent::{
    CommandExecution as _, EnvironmentPolicy, ErrorKind, ExecCommand, LocalEnvironment, OutputSink,
    testing::environment_suite,
};
use tokio_util::sync::CancellationToken;

use crate::support::{Workspace, assert_gone, is_alive};

#[tokio::test]
async fn the_local_environment_satisfies_the_suite() {
    let workspace = Workspace::new();
    let violations = environment_suite::run(&*workspace.environment).await;
    assert!(violations.is_empty(), "{violations:#?}");
}

#[tokio::test]
async fn a_plain_posix_shell_is_enough() {
    let directory = tempfile::TempDir::new().unwrap();
    let environment = LocalEnvironment::builder(directory.path())
        .shell("/bin/sh")
        .build()
        .unwrap();
    let violations = environment_suite::run(&environment).await;
    assert!(violations.is_empty(), "{violations:#?}");
}

#[tokio::test]
async fn what_is_no_plain_writable_file_is_refused() {
    let workspace = Workspace::new();
    workspace
        .run("mkfifo pipe; echo old > kept; chmod 444 kept")
        .await;
    let error = workspace.environment.read_file("pipe").await.unwrap_err();
    assert_eq!(error.to_string(), "read pipe: it is not a regular file");
    let error = workspace
        .environment
        .write_file("kept", b"new")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert_eq!(workspace.read("kept"), b"old\n");
}

/// A busy machine has started a shell by then.
const LONG_ENOUGH: Duration = Duration::from_secs(2);

#[tokio::test]
async fn a_child_that_ignores_the_polite_signal_is_killed() {
    let workspace = Workspace::new();
    let command = "trap '' TERM; echo ready; while :; do sleep 0.1; done";
    let command = ExecCommand::new(command, LONG_ENOUGH);
    let result = workspace.environment.exec_command(command).await.unwrap();
    assert!(result.timed_out);
    assert_eq!(result.exit_code, 137);
    assert!(
        result.duration < LONG_ENOUGH + Duration::from_secs(10),
        "{:?}",
        result.duration
    );
}

#[tokio::test]
async fn children_that_ignore_the_polite_signal_do_not_outlive_their_shell() {
    let workspace = Workspace::new();
    let command = "sh -c 'trap \"\" TERM; echo $$; while :; do sleep 0.1; done'; echo never";
    let command = ExecCommand::new(command, LONG_ENOUGH);
    let result = workspace.environment.exec_command(command).await.unwrap();
    assert_gone(result.stdout.text().trim());
}

#[tokio::test]
async fn a_command_may_clean_up_when_its_time_is_over() {
    let workspace = Workspace::new();
    let command = "trap 'echo cleaned; exit 7' TERM; echo ready; while :; do sleep 0.05; done";
    let command = ExecCommand::new(command, LONG_ENOUGH);
    let result = workspace.environment.exec_command(command).await.unwrap();
    assert_eq!((result.exit_code, result.timed_out), (7, true));
    assert_eq!(result.stdout.text(), "ready\ncleaned\n");
}

#[tokio::test]
async fn flooding_output_stays_within_memory_and_goes_to_a_file() {
    let workspace = Workspace::new();
    let result = workspace
        .run("echo first; head -c 5000000 /dev/zero | tr '\\0' x; echo; echo last")
        .await;
    assert!(result.success());
    assert_eq!(result.stdout.total_bytes(), 5_000_012);
    assert_eq!(result.stdout.bytes().len(), 1024 * 1024);
    let text = result.stdout.text();
    assert!(text.starts_with("first\n") && text.ends_with("last\n"));
    let file = result.stdout.file().unwrap();
    assert!(text.contains(file));
    assert_eq!(std::fs::metadata(file).unwrap().len(), 5_000_012);
}

#[tokio::test]
async fn dropping_the_call_kills_the_whole_group() {
    let workspace = Workspace::new();
    let command = ExecCommand::new("sleep 300 & echo $! > pid; wait", Duration::from_secs(20));
    let running = workspace.environment.exec_command(command);
    let pid_written = async {
        while std::fs::read_to_string(workspace.path().join("pid"))
            .map_or(true, |pid| pid.is_empty())
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = running => panic!("the command must still run"),
        () = pid_written => {}
    }
    assert_gone(String::from_utf8(workspace.read("pid")).unwrap().trim());
}

#[tokio::test]
async fn cleanup_ends_what_commands_left_in_the_background() {
    let workspace = Workspace::new();
    let pid = workspace.run("sleep 300 & echo $!").await.stdout.text();
    assert!(is_alive(pid.trim()));
    workspace.environment.cleanup().await.unwrap();
    assert_gone(pid.trim());
}

#[tokio::test]
async fn a_command_has_no_terminal_to_ask_on() {
    let workspace = Workspace::new();
    let result = workspace
        .run("(exec < /dev/tty) 2>/dev/null && echo terminal || echo none")
        .await;
    assert_eq!(result.stdout.text(), "none\n");
}

#[tokio::test]
async fn writing_keeps_the_mode_and_follows_links() {
    let workspace = Workspace::new();
    workspace.write("script.sh", "old");
    let script = workspace.path().join("script.sh");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o751)).unwrap();
    symlink("script.sh", workspace.path().join("link")).unwrap();
    workspace
        .environment
        .write_file("link", b"new")
        .await
        .unwrap();
    assert_eq!(workspace.read("script.sh"), b"new");
    assert_eq!(
        script.metadata().unwrap().permissions().mode() & 0o777,
        0o751
    );
    assert!(workspace.path().join("link").is_symlink());
    assert_eq!(
        std::fs::read_dir(workspace.path()).unwrap().count(),
        2,
        "no temporary file is left"
    );
}

#[tokio::test]
async fn a_working_directory_that_does_not_exist_is_named() {
    let error = LocalEnvironment::new("/nonexistent/place").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("/nonexistent/place"), "{error}");
}

/// Secrets are put into this very process's environment by running the test binary again.
#[test]
fn commands_do_not_see_secrets_of_the_process() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "environment::print_child_variables",
            "--nocapture",
        ])
        .env("MY_SECRET_TOKEN", "leak-1")
        .env("FOO_API_KEY", "leak-2")
        .env("GIT_DIR", "leak-3")
        .env("GIT_INDEX_FILE", "leak-4")
        .env("CARGO_HOME", "/kept/cargo")
        .env("PLAIN", "kept-plain")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let filtered = text.split("-----").nth(1).unwrap();
    assert!(!filtered.contains("leak-"), "{filtered}");
    for kept in ["CARGO_HOME=/kept/cargo", "PLAIN=kept-plain", "\nPATH="] {
        assert!(filtered.contains(kept), "{kept} is missing in {filtered}");
    }
    let all = text.split("-----").nth(2).unwrap();
    assert!((1..=4).all(|n| all.contains(&format!("leak-{n}"))));
}

/// A part of the test above, which runs it with secrets set and reads what it prints.
#[tokio::test]
async fn print_child_variables() {
    use std::io::Write as _;
    for policy in [EnvironmentPolicy::Filtered, EnvironmentPolicy::All] {
        let environment = LocalEnvironment::builder("/")
            .policy(policy)
            .build()
            .unwrap();
        let command = ExecCommand::new("env", Duration::from_secs(20));
        let result = environment.exec_command(command).await.unwrap();
        writeln!(std::io::stdout(), "-----\n{}", result.stdout.text()).unwrap();
    }
}

/// In many containers nobody reaps what has lost its parent.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_dead_child_that_nobody_reaps_is_not_waited_for() {
    let workspace = Workspace::new();
    // The parent of the first sleep leaves the group and reaps nothing.
    let command = "sh -c 'echo $$ > parent; sleep 300 & exec setsid sleep 300' & \
                   until grep -qa '^sleep' /proc/$!/cmdline; do sleep 0.01; done; echo begun; wait";
    let (cancel, begun) = (CancellationToken::new(), CancellationToken::new());
    let sink = OutputSink::new({
        let (cancel, begun) = (cancel.clone(), begun.clone());
        move |_, _| {
            begun.cancel();
            cancel.cancel();
        }
    });
    let command = ExecCommand::new(command, Duration::from_secs(60))
        .cancel(cancel)
        .cancel_grace(Duration::from_secs(60))
        .output(sink);
    let running = workspace.environment.exec_command(command);
    let at = async {
        begun.cancelled().await;
        Instant::now()
    };
    let (result, at) = tokio::join!(running, at);
    let took = at.elapsed();
    let parent = String::from_utf8(workspace.read("parent")).unwrap();
    workspace.run(&format!("kill {parent}")).await;
    assert!(result.unwrap().cancelled);
    assert!(took < Duration::from_secs(30), "{took:?}");
}

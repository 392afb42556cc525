//! Environments that wrap another, and the one in memory: the suite, and what each adds.

use std::{
    os::unix::fs::symlink,
    sync::{Arc, Mutex},
    time::Duration,
};

use attractor_agent::{
    CommandExecution as _, Error, ErrorKind, ExecCommand, ExecResult, ExecutionEnvironment,
    FileOperations as _, GrepOptions, LoggingEnvironment, ReadOnlyEnvironment, ScopedEnvironment,
    SearchOperations as _,
    testing::{MemoryEnvironment, environment_suite::Suite},
};

use crate::support::Workspace;

async fn check(suite: Suite<'_>) {
    let violations = suite.run().await;
    assert!(violations.is_empty(), "{violations:#?}");
}

async fn scoped(workspace: &Workspace, directory: &str) -> ScopedEnvironment {
    let inner = workspace.environment.clone();
    ScopedEnvironment::new(inner, directory).await.unwrap()
}

fn kind<T: std::fmt::Debug>(result: Result<T, Error>) -> ErrorKind {
    result.unwrap_err().kind()
}

#[tokio::test]
async fn a_scoped_environment_satisfies_the_suite() {
    let workspace = Workspace::new();
    workspace.write("inside/kept", "");
    let environment = scoped(&workspace, "inside").await;
    check(Suite::new(&environment.clone().allow_commands())).await;
    check(Suite::new(&environment).without_commands()).await;
}

#[tokio::test]
async fn a_read_only_environment_satisfies_the_suite() {
    let workspace = Workspace::new();
    let writer = &*workspace.environment;
    let environment = ReadOnlyEnvironment::new(workspace.environment.clone());
    check(
        Suite::new(&environment)
            .read_only(writer)
            .without_commands(),
    )
    .await;
    check(Suite::new(&environment.allow_commands()).read_only(writer)).await;
}

#[tokio::test]
async fn a_logging_environment_satisfies_the_suite() {
    let workspace = Workspace::new();
    let environment = LoggingEnvironment::new(workspace.environment.clone(), |_| {});
    check(Suite::new(&environment)).await;
}

#[tokio::test]
async fn wrappers_wrap_each_other() {
    let workspace = Workspace::new();
    workspace.write("inside/kept", "");
    let scoped = Arc::new(scoped(&workspace, "inside").await);
    let logging = Arc::new(LoggingEnvironment::new(scoped.clone(), |_| {}));
    let environment = ReadOnlyEnvironment::new(logging);
    check(
        Suite::new(&environment)
            .read_only(&*scoped)
            .without_commands(),
    )
    .await;
    // Moving keeps all of them around it.
    workspace.write("inside/deeper/kept", "");
    let moved = environment.in_directory("deeper").unwrap().unwrap();
    assert!(moved.working_directory().ends_with("/inside/deeper"));
    assert_eq!(
        kind(moved.write_file("x", b"").await),
        ErrorKind::PermissionDenied
    );
    assert_eq!(
        kind(moved.read_file("../../x").await),
        ErrorKind::PermissionDenied
    );
}

#[tokio::test]
async fn an_environment_in_memory_satisfies_the_suite_with_the_general_search() {
    check(Suite::new(&MemoryEnvironment::new()).without_commands()).await;
}

#[tokio::test]
async fn an_environment_in_memory_answers_commands_as_it_is_told() {
    let environment = MemoryEnvironment::new().commands(|command| {
        let mut result = ExecResult::default();
        result.stdout.push(command.command.as_bytes());
        Ok(result)
    });
    let result = environment.exec_command(ExecCommand::new("echo", Duration::from_secs(1)));
    assert_eq!(result.await.unwrap().stdout.text(), "echo");
}

#[tokio::test]
async fn no_path_leads_out_of_the_scope() {
    let workspace = Workspace::new();
    workspace.write("outside/secret", "hidden words");
    workspace.write("inside/a/b", "");
    let at = |name: &str| workspace.path().join(name);
    symlink("../outside", at("inside/to-outside")).unwrap();
    symlink("../outside/secret", at("inside/to-secret")).unwrap();
    symlink("../outside/new", at("inside/dangling")).unwrap();
    let environment = scoped(&workspace, "inside").await;
    let absolute = at("outside/secret").to_str().unwrap().to_owned();
    let ways = [
        "../outside/secret",
        "a/../../outside/secret",
        "to-outside/secret",
        "to-secret",
        &absolute,
    ];
    for path in ways {
        assert_eq!(
            kind(environment.read_file(path).await),
            ErrorKind::PermissionDenied,
            "{path}"
        );
        assert_eq!(
            kind(environment.write_file(path, b"").await),
            ErrorKind::PermissionDenied
        );
        assert_eq!(
            kind(environment.file_exists(path).await),
            ErrorKind::PermissionDenied
        );
        let options = GrepOptions::new();
        let found = environment.grep("words", path, &options).await;
        assert_eq!(kind(found), ErrorKind::PermissionDenied, "{path}");
    }
    for path in ["dangling", "to-outside/new", "new/../../outside/new"] {
        assert_eq!(
            kind(environment.write_file(path, b"").await),
            ErrorKind::PermissionDenied,
            "{path}"
        );
    }
    assert_eq!(
        kind(environment.list_directory("..", 1).await),
        ErrorKind::PermissionDenied
    );
    assert_eq!(
        kind(environment.glob("../outside/*", ".", 10).await),
        ErrorKind::PermissionDenied
    );
    assert_eq!(
        kind(environment.remove_file("to-outside/secret").await),
        ErrorKind::PermissionDenied
    );
    let found = environment
        .grep("words", ".", &GrepOptions::new())
        .await
        .unwrap();
    assert!(found.files.is_empty(), "{found:?}");
    assert!(!at("outside/new").exists());
    // The link itself is inside.
    environment.remove_file("to-secret").await.unwrap();
    assert_eq!(workspace.read("outside/secret"), b"hidden words");
}

#[tokio::test]
async fn commands_of_a_scope_start_within_it() {
    let workspace = Workspace::new();
    workspace.write("inside/a/b", "");
    let command =
        |directory: &str| ExecCommand::new("pwd", Duration::from_secs(20)).working_dir(directory);
    let environment = scoped(&workspace, "inside").await;
    let refused = environment.exec_command(command("."));
    assert_eq!(kind(refused.await), ErrorKind::PermissionDenied);
    let environment = environment.allow_commands();
    let outside = environment.exec_command(command(".."));
    assert_eq!(kind(outside.await), ErrorKind::PermissionDenied);
    let inside = environment.exec_command(command("a")).await.unwrap();
    assert!(inside.stdout.text().ends_with("/inside/a\n"));
}

#[tokio::test]
async fn reading_mode_guards_links_to_the_scratch_directory_too() {
    let workspace = Workspace::new();
    let scratch = workspace.environment.scratch_directory().await.unwrap();
    symlink(format!("{scratch}/x"), workspace.path().join("link")).unwrap();
    let environment = ReadOnlyEnvironment::new(workspace.environment.clone());
    environment.write_file("link", b"kept").await.unwrap();
    assert_eq!(
        kind(environment.remove_file("link").await),
        ErrorKind::PermissionDenied
    );
    assert_eq!(
        environment
            .read_file(&format!("{scratch}/x"))
            .await
            .unwrap(),
        "kept"
    );
}

#[tokio::test]
async fn the_log_has_what_was_done_and_no_secrets() {
    let workspace = Workspace::new();
    let lines = Arc::new(Mutex::new(Vec::new()));
    let log = {
        let lines = Arc::clone(&lines);
        move |entry: &attractor_agent::LogEntry| lines.lock().unwrap().push(entry.to_string())
    };
    let environment = LoggingEnvironment::new(workspace.environment.clone(), log);
    environment.write_file("a", b"secret").await.unwrap();
    let command = ExecCommand::new("exit 3", Duration::from_secs(20)).variable("T", "secret");
    environment.exec_command(command).await.unwrap();
    environment.read_file("none").await.unwrap_err();
    let lines = lines.lock().unwrap();
    let beginnings = [
        "write_file a",
        "write_file a: 6 bytes in ",
        "exec_command exit 3",
        "exec_command exit 3: exit code 3 in ",
        "read_file none",
        "read_file none: failed: read none: no such file or directory in ",
    ];
    assert_eq!(lines.len(), beginnings.len());
    for (line, beginning) in lines.iter().zip(beginnings) {
        assert!(line.starts_with(beginning), "{line}");
        assert!(!line.contains("secret"), "{line}");
    }
}

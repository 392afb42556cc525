//! The built-in tools, run through the registry's tools directly.

use std::{sync::Arc, time::Duration};

use attractor_agent::{
    EditFileTool, Error, ReadFileTool, ShellTool, Tool, ToolContext, ToolOutput, ToolRegistry,
    WriteFileTool, output_limit,
};
use serde_json::{Value, json};

use crate::support::Workspace;

async fn call(tool: impl Tool, workspace: &Workspace, input: Value) -> Result<ToolOutput, Error> {
    let context = ToolContext::new(workspace.environment.clone());
    tool.execute(input, &context).await
}

async fn edit(workspace: &Workspace, file: &str, old: &str, new: &str) -> Result<String, String> {
    let input = json!({"file_path": file, "old_string": old, "new_string": new});
    match call(EditFileTool, workspace, input).await {
        Ok(output) => Ok(output.text),
        Err(error) => Err(error.to_string()),
    }
}

#[tokio::test]
async fn an_edit_changes_nothing_else() {
    let workspace = Workspace::new();
    let before = b"\xef\xbb\xbfone\r\ntwo \xff\xfe\r\nthree";
    workspace.write("latin.txt", before);
    let report = edit(&workspace, "latin.txt", "one\ntwo", "uno\ndos")
        .await
        .unwrap();
    assert_eq!(
        workspace.read("latin.txt"),
        b"\xef\xbb\xbfuno\r\ndos \xff\xfe\r\nthree"
    );
    assert!(report.contains("line endings"), "{report}");
}

#[tokio::test]
async fn an_exact_edit_says_where() {
    let workspace = Workspace::new();
    workspace.write("a.txt", "x\ny\nz\n");
    assert_eq!(
        edit(&workspace, "a.txt", "y", "Y").await.unwrap(),
        "Edited a.txt: 1 replacement at line 2"
    );
}

#[tokio::test]
async fn an_ambiguous_edit_lists_the_lines_and_changes_nothing() {
    let workspace = Workspace::new();
    workspace.write("a.txt", "x = 1\ny\nx = 1\n");
    let error = edit(&workspace, "a.txt", "x = 1", "x = 2")
        .await
        .unwrap_err();
    assert!(
        error.contains("occurs 2 times in a.txt, at lines 1, 3"),
        "{error}"
    );
    assert_eq!(workspace.read("a.txt"), b"x = 1\ny\nx = 1\n");
    let all = json!({"file_path": "a.txt", "old_string": "x = 1", "new_string": "x = 2", "replace_all": true});
    call(EditFileTool, &workspace, all).await.unwrap();
    assert_eq!(workspace.read("a.txt"), b"x = 2\ny\nx = 2\n");
}

#[tokio::test]
async fn an_edit_that_finds_nothing_quotes_the_nearest_text() {
    let workspace = Workspace::new();
    workspace.write("m.py", "import os\n\ndef total(a, b):\n    return a - b\n");
    let error = edit(
        &workspace,
        "m.py",
        "def total(a, c):\n    return a - c",
        "x",
    )
    .await
    .unwrap_err();
    assert!(error.contains("nearest text begins at line 3"), "{error}");
    let quoted =
        "- def total(a, c):\n       -     return a - c\n     3 + def total(a, b):\n     4 +";
    assert!(error.contains(quoted), "{error}");
}

#[tokio::test]
async fn files_that_are_not_text_are_refused_and_images_are_shown() {
    let workspace = Workspace::new();
    workspace.write("data.bin", b"ab\0cd");
    workspace.write("dot.png", b"\x89PNG\r\n\x1a\nrest");
    let error = call(ReadFileTool, &workspace, json!({"file_path": "data.bin"}))
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("binary file of 5 bytes"),
        "{error}"
    );
    assert!(
        edit(&workspace, "data.bin", "ab", "xy")
            .await
            .unwrap_err()
            .contains("binary")
    );
    let image = call(ReadFileTool, &workspace, json!({"file_path": "dot.png"}))
        .await
        .unwrap()
        .image;
    assert_eq!(image.unwrap().media_type.as_deref(), Some("image/png"));
}

#[tokio::test]
async fn lines_count_from_one_whatever_a_host_passes() {
    let workspace = Workspace::new();
    workspace.write("file", "a\nb\n");
    let input = json!({"file_path": "file", "offset": 0, "limit": 0});
    let read = call(ReadFileTool, &workspace, input).await.unwrap();
    assert_eq!(
        read.text,
        "1 | a\n[lines 1 to 1 of 2; read on with offset 2]\n"
    );
}

#[tokio::test]
async fn a_missing_file_is_named_in_the_error() {
    let workspace = Workspace::new();
    let error = call(ReadFileTool, &workspace, json!({"file_path": "src/no.rs"}))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "read src/no.rs: no such file or directory"
    );
}

#[tokio::test]
async fn writing_reports_what_happened() {
    let workspace = Workspace::new();
    let input = json!({"file_path": "new/a.txt", "content": "hello"});
    let created = call(WriteFileTool, &workspace, input.clone())
        .await
        .unwrap();
    assert_eq!(created.text, "Created new/a.txt (5 bytes)");
    let replaced = call(WriteFileTool, &workspace, input).await.unwrap();
    assert_eq!(replaced.text, "Replaced new/a.txt (5 bytes)");
}

#[tokio::test]
async fn the_shell_reports_both_streams_and_the_exit_code() {
    let workspace = Workspace::new();
    let output = call(
        ShellTool,
        &workspace,
        json!({"command": "echo out; echo err >&2; exit 3"}),
    )
    .await
    .unwrap();
    assert!(output.is_error);
    assert!(
        output
            .text
            .starts_with("out\n[stderr]\nerr\nExit code: 3\nDuration: "),
        "{}",
        output.text
    );
    assert!(!output.fingerprint.unwrap().contains("Duration"));
}

#[tokio::test]
async fn the_shell_tells_how_to_get_more_time() {
    let workspace = Workspace::new();
    let input = json!({"command": "echo begun; sleep 20", "timeout_ms": 200});
    let output = call(ShellTool, &workspace, input).await.unwrap();
    assert!(
        output
            .text
            .contains("begun\n[ERROR: Command timed out after 200ms."),
        "{}",
        output.text
    );
}

#[test]
fn a_command_has_ten_seconds_unless_it_asks_for_more() {
    let context = ToolContext::new(Workspace::new().environment);
    assert_eq!(context.timeout(None), Duration::from_secs(10));
    assert_eq!(context.timeout(Some(20_000)), Duration::from_secs(20));
    assert_eq!(context.timeout(Some(u64::MAX)), Duration::from_secs(600));
}

#[test]
fn each_tool_has_the_limits_of_the_specification() {
    use attractor_agent::TruncationMode::{Head, HeadTail, Tail};
    let limits = [
        ("read_file", 50_000, None, HeadTail),
        ("shell", 30_000, Some(256), HeadTail),
        // The beginning stays where the best results come first.
        ("grep", 20_000, Some(200), Head),
        ("glob", 20_000, Some(500), Head),
        ("edit_file", 10_000, None, Tail),
        ("apply_patch", 10_000, None, Tail),
        ("write_file", 1_000, None, Tail),
        ("spawn_agent", 20_000, None, HeadTail),
    ];
    for (tool, chars, lines, mode) in limits {
        let limit = output_limit(tool);
        assert_eq!(
            (limit.max_chars, limit.max_lines, limit.mode),
            (chars, lines, mode),
            "{tool}"
        );
    }
}

#[test]
fn a_timeout_is_capped_by_the_maximum() {
    let workspace = Workspace::new();
    let context = ToolContext::new(workspace.environment.clone())
        .with_timeouts(Duration::from_secs(1), Duration::from_secs(5));
    assert_eq!(context.timeout(None), Duration::from_secs(1));
    assert_eq!(context.timeout(Some(3_600_000)), Duration::from_secs(5));
}

#[test]
fn a_later_tool_takes_the_place_of_the_earlier() {
    let mut registry = ToolRegistry::new();
    registry.register(Arc::new(ReadFileTool)).unwrap();
    registry.register(Arc::new(ShellTool)).unwrap();
    registry.register(Arc::new(ReadFileTool)).unwrap();
    assert_eq!(registry.names().collect::<Vec<_>>(), ["read_file", "shell"]);
    assert!(registry.unregister("shell") && registry.get("shell").is_none());
}

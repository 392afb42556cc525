//! `grep`, `glob`, `list_dir` and `read_many_files`, run directly.

use std::time::{Duration, SystemTime};

use attractor_agent::{
    Access, Error, ErrorKind, GlobTool, GrepTool, ListDirTool, Places, ReadManyFilesTool, Tool,
    ToolContext, ToolOutput,
};
use serde_json::{Value, json};

use crate::support::Workspace;

async fn call(tool: impl Tool, workspace: &Workspace, input: Value) -> Result<ToolOutput, Error> {
    let context = ToolContext::new(workspace.environment.clone());
    tool.execute(input, &context).await
}

async fn text(tool: impl Tool, workspace: &Workspace, input: Value) -> String {
    call(tool, workspace, input).await.unwrap().text
}

fn project() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("src/main.rs", "use std::fs;\n\nfn main() {\n    run()\n}\n");
    workspace.write("src/run.rs", "// runs\nfn run() {}\nfn walk() {}\n");
    workspace.write("README.md", "It runs.\n");
    workspace.write(".gitignore", "target/\n");
    workspace.write("target/out.rs", "fn run() {}\n");
    workspace.write("logo.bin", b"\0run\n");
    workspace
}

#[tokio::test]
async fn matching_lines_have_their_place() {
    let workspace = project();
    assert_eq!(
        text(GrepTool::new(), &workspace, json!({"pattern": r"run\(\)"})).await,
        "src/main.rs:4:    run()\nsrc/run.rs:2:fn run() {}\n"
    );
    assert_eq!(
        text(
            GrepTool::new(),
            &workspace,
            json!({"pattern": "^it RUNS", "case_insensitive": true})
        )
        .await,
        "README.md:1:It runs.\n"
    );
    let input = json!({"pattern": "^fn", "path": "src", "glob_filter": "r*.rs", "max_results": 1});
    let limited = text(GrepTool::new(), &workspace, input).await;
    assert!(
        limited.starts_with("src/run.rs:2:fn run() {}\n[these are the first results"),
        "{limited}"
    );
}

#[tokio::test]
async fn output_modes_are_those_of_ripgrep() {
    let workspace = project();
    let tool = GrepTool::new().with_output_modes();
    let mode = |mode: &str| json!({"pattern": "fn", "glob_filter": "*.rs", "output_mode": mode});
    assert_eq!(
        text(tool, &workspace, mode("files_with_matches")).await,
        "src/main.rs\nsrc/run.rs\n"
    );
    assert_eq!(
        text(tool, &workspace, mode("count")).await,
        "src/main.rs:1\nsrc/run.rs:2\n"
    );
    let around = json!({"pattern": "^(use|}|fn r)", "context_lines": 1});
    assert_eq!(
        text(tool, &workspace, around).await,
        "src/main.rs:1:use std::fs;\nsrc/main.rs-2-\n--\nsrc/main.rs-4-    run()\n\
         src/main.rs:5:}\n--\nsrc/run.rs-1-// runs\nsrc/run.rs:2:fn run() {}\n\
         src/run.rs-3-fn walk() {}\n"
    );
    let plain = GrepTool::new().parameters();
    assert!(plain["properties"].get("output_mode").is_none());
}

#[cfg(unix)]
#[tokio::test]
async fn a_name_stays_on_its_line() {
    let workspace = Workspace::new();
    workspace.write("a\nb.rs:1:forged\u{1b}[2J", "x\n");
    let name = r"a\nb.rs:1:forged\u{1b}[2J";
    let grep = text(GrepTool::new(), &workspace, json!({"pattern": "x"}));
    assert_eq!(grep.await, format!("{name}:1:x\n"));
    let glob = text(GlobTool, &workspace, json!({"pattern": "*"}));
    assert_eq!(glob.await, format!("{name}\n"));
    let list = text(ListDirTool, &workspace, json!({}));
    assert_eq!(list.await, format!("{name} (2 bytes)\n"));
    let read = text(ReadManyFilesTool, &workspace, json!({"paths": ["."]}));
    assert_eq!(read.await, format!("--- {name} ---\nx\n"));
}

#[cfg(unix)]
#[tokio::test]
async fn a_pipe_is_not_waited_for() {
    let workspace = Workspace::new();
    assert!(workspace.run("mkfifo pipe").await.success());
    let input = json!({"pattern": "x", "path": "pipe"});
    let named = call(GrepTool::new(), &workspace, input).await.unwrap_err();
    assert_eq!(named.kind(), ErrorKind::InvalidInput, "{named}");
    let around = text(GrepTool::new(), &workspace, json!({"pattern": "x"}));
    assert_eq!(around.await, "No matches found");
}

#[tokio::test]
async fn a_search_without_results_says_where_it_looked() {
    let workspace = project();
    let nothing = json!({"pattern": "absent", "path": "src", "glob_filter": "*.py"});
    assert_eq!(
        text(GrepTool::new(), &workspace, nothing).await,
        "No matches found in files *.py of src"
    );
    let binary = text(
        GrepTool::new(),
        &workspace,
        json!({"pattern": "run", "path": "logo.bin"}),
    );
    assert!(binary.await.contains("binary"));
    let names = text(GlobTool, &workspace, json!({"pattern": "*.rs"})).await;
    assert!(
        names.contains("**/*.rs looks in all directories"),
        "{names}"
    );
}

#[tokio::test]
async fn a_pattern_that_is_none_is_explained() {
    let workspace = project();
    let cases = [
        (json!({"pattern": "fn main("}), "put a backslash before"),
        (json!({"pattern": r"{\n"}), "invalid regular expression"),
        (json!({"pattern": r"a\nb"}), "one line at a time"),
        (
            json!({"pattern": "x", "glob_filter": "a["}),
            "invalid glob pattern",
        ),
    ];
    for (input, expected) in cases {
        let error = call(GrepTool::new(), &workspace, input).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains(expected), "{error}");
    }
    let error = call(
        GrepTool::new(),
        &workspace,
        json!({"pattern": "x", "path": "none"}),
    );
    let error = error.await.unwrap_err();
    assert_eq!(error.to_string(), "search none: no such file or directory");
}

#[tokio::test]
async fn the_newest_files_come_first() {
    let workspace = project();
    let age = |name: &str, seconds: u64| {
        let file = std::fs::File::options()
            .write(true)
            .open(workspace.path().join(name));
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        file.unwrap().set_modified(time).unwrap();
    };
    age("src/main.rs", 10);
    age("src/run.rs", 30);
    age("README.md", 20);
    let input = json!({"pattern": "**/*.{rs,md}"});
    assert_eq!(
        text(GlobTool, &workspace, input).await,
        "src/run.rs\nREADME.md\nsrc/main.rs\n"
    );
    let absolute = workspace.path().join("src").join("m*.rs");
    let found = text(GlobTool, &workspace, json!({"pattern": absolute})).await;
    assert!(found.ends_with("/src/main.rs\n"), "{found}");
    let error = call(
        GlobTool,
        &workspace,
        json!({"pattern": "*", "path": "README.md"}),
    )
    .await;
    assert!(error.unwrap_err().to_string().contains("not a directory"));
}

#[tokio::test]
async fn only_the_newest_five_hundred_are_listed() {
    let workspace = Workspace::new();
    for number in 0..600 {
        workspace.write(&format!("{number}.txt"), "");
    }
    let found = text(GlobTool, &workspace, json!({"pattern": "*.txt"})).await;
    assert_eq!(found.lines().count(), 501);
    assert!(found.ends_with(
        "[these are the newest 500, and there are more: narrow the pattern or the path]"
    ));
}

#[tokio::test]
async fn a_directory_is_listed_to_its_depth() {
    let workspace = project();
    std::os::unix::fs::symlink("src", workspace.path().join("link")).unwrap();
    std::fs::create_dir(workspace.path().join("void")).unwrap();
    assert_eq!(
        text(ListDirTool, &workspace, json!({})).await,
        ".gitignore (8 bytes)\nREADME.md (9 bytes)\nlink (link)\nlogo.bin (5 bytes)\nsrc/\ntarget/\nvoid/\n"
    );
    let deep = text(ListDirTool, &workspace, json!({"depth": 2})).await;
    assert!(
        deep.contains("src/\nsrc/main.rs (38 bytes)\nsrc/run.rs (33 bytes)\n"),
        "{deep}"
    );
    assert_eq!(
        text(ListDirTool, &workspace, json!({"path": "void"})).await,
        "void is empty"
    );
    let error = call(ListDirTool, &workspace, json!({"path": "README.md"})).await;
    assert_eq!(
        error.unwrap_err().to_string(),
        "list README.md: it is not a directory"
    );
}

#[tokio::test]
async fn many_files_are_read_in_one_call() {
    let workspace = project();
    let input = json!({"paths": ["README.md", "src", "src/*.rs", "none.txt", "logo.bin"], "exclude": ["main.*"]});
    assert_eq!(
        text(ReadManyFilesTool, &workspace, input).await,
        "--- README.md ---\nIt runs.\n--- src/run.rs ---\n// runs\nfn run() {}\nfn walk() {}\n\
         --- logo.bin ---\n[binary file of 5 bytes]\n[list none.txt: no such file or directory]\n"
    );
    let nothing = call(ReadManyFilesTool, &workspace, json!({"paths": ["**/*.py"]}))
        .await
        .unwrap();
    assert!(
        nothing.is_error && nothing.text == "[**/*.py: no files]\n",
        "{}",
        nothing.text
    );
}

#[tokio::test]
async fn many_files_stop_at_their_limit() {
    let workspace = Workspace::new();
    for number in 0..8 {
        workspace.write(&format!("{number}.txt"), "x".repeat(100_000));
    }
    let all = text(ReadManyFilesTool, &workspace, json!({"paths": ["*.txt"]})).await;
    assert!(
        all.ends_with("[2 more files were not read]\n"),
        "{}",
        &all[all.len() - 60..]
    );
}

#[test]
fn searches_only_read_and_say_where() {
    let reads = |path: &str| Access::Reads(Places::paths([path]));
    assert_eq!(GrepTool::new().access(&json!({"pattern": "x"})), reads("."));
    assert_eq!(
        GlobTool.access(&json!({"pattern": "x", "path": "src"})),
        reads("src")
    );
    assert_eq!(ListDirTool.access(&json!({})), reads("."));
    assert_eq!(
        ReadManyFilesTool.access(&json!({})),
        Access::Reads(Places::Anywhere)
    );
}

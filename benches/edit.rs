//! An edit of a file of one MiB, by `edit_file` and by `apply_patch`, from the call to the file on
//! disk. The target is 10 ms.
//!
//! What is looked for stands in the middle, exactly or with other blanks; or it isn't there, and the
//! nearest lines are to be found.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::{fmt::Write as _, hint::black_box, sync::Arc};

use attractor_agent::{ApplyPatchTool, EditFileTool, LocalEnvironment, Tool, ToolContext};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Builder;

const BYTES: usize = 1024 * 1024;

/// A file of a million bytes in lines of code, each other than the rest.
fn content() -> String {
    let mut text = String::new();
    let mut number = 0;
    while text.len() < BYTES {
        let _ = writeln!(
            text,
            "fn f{number}() {{\n    let x = {number};\n    call(x);\n}}\n"
        );
        number += 1;
    }
    text
}

fn edit_call(old: &str, new: &str) -> Value {
    json!({"file_path": "file.rs", "old_string": old, "new_string": new})
}

fn patch_call(header: &str, old: &str, new: &str) -> Value {
    let patch = format!("*** Update File: file.rs\n@@{header}\n-{old}\n+{new}\n     call(x);");
    json!({ "patch": format!("*** Begin Patch\n{patch}\n*** End Patch") })
}

/// Calls by name; those that must be refused end in `missing`.
fn calls(middle: usize) -> [(&'static str, &'static dyn Tool, Value); 7] {
    let (edit, patch) = (&EditFileTool, &ApplyPatchTool);
    let new = format!("    let y = {middle};");
    let exact = format!("    let x = {middle};");
    let trailing = format!("    let x = {middle};  \n    call(x);");
    let blanks = format!("    let x =  {middle};");
    let missing = format!("    let xyz = {middle} + 1;");
    let header = format!(" fn f{middle}() {{");
    [
        ("edit_file/exact", edit, edit_call(&exact, &new)),
        ("edit_file/blanks", edit, edit_call(&trailing, &new)),
        ("edit_file/missing", edit, edit_call(&missing, &new)),
        ("apply_patch/exact", patch, patch_call("", &exact, &new)),
        (
            "apply_patch/header",
            patch,
            patch_call(&header, &exact, &new),
        ),
        ("apply_patch/blanks", patch, patch_call("", &blanks, &new)),
        ("apply_patch/missing", patch, patch_call("", &missing, &new)),
    ]
}

fn edits(criterion: &mut Criterion) {
    let directory = TempDir::new().unwrap();
    let environment = Arc::new(LocalEnvironment::new(directory.path()).unwrap());
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let before = content();
    let middle = before.matches("fn ").count() / 2;
    let mut group = criterion.benchmark_group("edit_1_mib");
    group.sample_size(30);
    for (name, tool, input) in calls(middle) {
        let context = ToolContext::new(environment.clone());
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || std::fs::write(directory.path().join("file.rs"), &before).unwrap(),
                |()| {
                    let done = runtime.block_on(tool.execute(input.clone(), &context));
                    assert_eq!(done.is_ok(), !name.ends_with("missing"), "{done:?}");
                    black_box(done)
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, edits);
criterion_main!(benches);

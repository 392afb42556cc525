//! `apply_patch` on real files: `tests/fixtures/patch/*.txt`, and what a text can't say.
//!
//! A fixture has sections that begin with `-- name --`: the files `before/…`, the `patch`, then
//! either the files `after/…`, with lines that the `report` must have, or lines of the `error`,
//! after which every file must be as before. A name followed by `(escaped)` has its content on one
//! line with the escapes of Rust.

use std::{collections::BTreeMap, path::Path};

use attractor_agent::{Access, ApplyPatchTool, Error, Places, Tool as _, ToolContext};
use serde_json::json;

use crate::support::Workspace;

type Files = BTreeMap<String, Vec<u8>>;

pub(crate) async fn apply(workspace: &Workspace, patch: &str) -> Result<String, Error> {
    let context = ToolContext::new(workspace.environment.clone());
    let output = ApplyPatchTool
        .execute(json!({ "patch": patch }), &context)
        .await?;
    Ok(output.text)
}

#[derive(Debug, Default)]
struct Fixture {
    before: Files,
    patch: String,
    after: Files,
    report: String,
    error: Option<String>,
}

impl Fixture {
    fn parse(text: &str) -> Self {
        let mut fixture = Self::default();
        let mut rest = text;
        while let Some((name, content, next)) = section(rest) {
            rest = next;
            let (name, content) = match name.strip_suffix(" (escaped)") {
                Some(name) => (name, unescaped(content)),
                None => (name, content.as_bytes().to_vec()),
            };
            let text = || String::from_utf8(content.clone()).unwrap();
            match name.split_once('/') {
                Some(("before", path)) => drop(fixture.before.insert(path.to_owned(), content)),
                Some(("after", path)) => drop(fixture.after.insert(path.to_owned(), content)),
                None if name == "patch" => fixture.patch = text(),
                None if name == "report" => fixture.report = text(),
                None if name == "error" => fixture.error = Some(text()),
                _ => panic!("unknown section {name}"),
            }
        }
        fixture
    }

    async fn check(&self, name: &str) {
        let workspace = Workspace::new();
        for (path, content) in &self.before {
            workspace.write(path, content);
        }
        let (said, expected, files) = match (apply(&workspace, &self.patch).await, &self.error) {
            (Ok(report), None) => (report, &self.report, &self.after),
            (Err(error), Some(expected)) => (error.to_string(), expected, &self.before),
            (result, _) => panic!("{name}: {result:?}"),
        };
        for line in expected.lines() {
            assert!(said.contains(line), "{name}: {line:?} is not in:\n{said}");
        }
        assert_eq!(
            &shown(&files_in(workspace.path())),
            &shown(files),
            "{name}: {said}"
        );
    }
}

fn section(text: &str) -> Option<(&str, &str, &str)> {
    let text = text.strip_prefix("-- ")?;
    let (name, rest) = text.split_once(" --\n")?;
    let end = rest.find("\n-- ").map_or(rest.len(), |at| at + 1);
    let end = if rest.starts_with("-- ") { 0 } else { end };
    Some((name, &rest[..end], &rest[end..]))
}

/// Rust's escapes in what is otherwise one line of text.
fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut characters = text.trim_end_matches('\n').chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            bytes.extend(character.to_string().bytes());
            continue;
        }
        match characters.next().unwrap() {
            'n' => bytes.push(b'\n'),
            'r' => bytes.push(b'\r'),
            't' => bytes.push(b'\t'),
            '0' => bytes.push(0),
            '\\' => bytes.push(b'\\'),
            'x' => {
                let digits: String = characters.by_ref().take(2).collect();
                bytes.push(u8::from_str_radix(&digits, 16).unwrap());
            }
            other => panic!("unknown escape {other}"),
        }
    }
    bytes
}

fn shown(files: &Files) -> BTreeMap<&str, String> {
    let each = files.iter();
    each.map(|(path, content)| (path.as_str(), content.escape_ascii().to_string()))
        .collect()
}

fn files_in(directory: &Path) -> Files {
    let mut files = Files::new();
    let mut directories = vec![directory.to_owned()];
    while let Some(next) = directories.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
                continue;
            }
            let name = path.strip_prefix(directory).unwrap();
            files.insert(
                name.to_str().unwrap().to_owned(),
                std::fs::read(&path).unwrap(),
            );
        }
    }
    files
}

#[tokio::test]
async fn each_fixture_ends_as_it_says() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/patch");
    let mut count = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let fixture = Fixture::parse(&std::fs::read_to_string(path).unwrap());
        assert!(!fixture.patch.is_empty(), "{name} has no patch");
        fixture.check(&name).await;
        count += 1;
    }
    assert!(count >= 60, "only {count} fixtures");
}

#[cfg(unix)]
mod unix {
    use std::{
        fs::{self, Permissions},
        os::unix::fs::{PermissionsExt as _, symlink},
    };

    use super::*;

    const EDIT: &str = "*** Begin Patch\n*** Update File: PATH\n-a\n+b\n*** End Patch\n";

    fn mode(workspace: &Workspace, path: &str) -> u32 {
        let metadata = fs::metadata(workspace.path().join(path)).unwrap();
        metadata.permissions().mode() & 0o777
    }

    #[tokio::test]
    async fn a_file_keeps_its_mode_wherever_it_goes() {
        let workspace = Workspace::new();
        workspace.write("run", "a\n");
        fs::set_permissions(workspace.path().join("run"), Permissions::from_mode(0o750)).unwrap();
        apply(&workspace, &EDIT.replace("PATH", "run"))
            .await
            .unwrap();
        assert_eq!(
            (mode(&workspace, "run"), workspace.read("run")),
            (0o750, b"b\n".to_vec())
        );
        let patch =
            "*** Begin Patch\n*** Update File: run\n*** Move to: bin/run\n-b\n+c\n*** End Patch";
        apply(&workspace, patch).await.unwrap();
        assert_eq!(
            (mode(&workspace, "bin/run"), workspace.read("bin/run")),
            (0o750, b"c\n".to_vec())
        );
        assert!(!workspace.path().join("run").exists());
    }

    #[tokio::test]
    async fn no_link_leads_out_of_the_workspace() {
        let (workspace, outside) = (Workspace::new(), Workspace::new());
        outside.write("file", "a\n");
        symlink(outside.path().join("file"), workspace.path().join("link")).unwrap();
        symlink(outside.path(), workspace.path().join("folder")).unwrap();
        symlink(
            outside.path().join("new"),
            workspace.path().join("dangling"),
        )
        .unwrap();
        let absolute = outside.path().join("file").display().to_string();
        let up = format!(
            "../{}/file",
            outside.path().file_name().unwrap().to_str().unwrap()
        );
        for path in ["link", "folder/file", &absolute, &up] {
            let error = apply(&workspace, &EDIT.replace("PATH", path))
                .await
                .unwrap_err();
            assert!(
                error
                    .to_string()
                    .contains("outside of the working directory"),
                "{error}"
            );
        }
        let add = "*** Begin Patch\n*** Add File: PATH\n+x\n*** End Patch";
        for path in ["dangling", "folder/new", "link"] {
            let error = apply(&workspace, &add.replace("PATH", path))
                .await
                .unwrap_err();
            assert!(
                error
                    .to_string()
                    .contains("outside of the working directory"),
                "{error}"
            );
        }
        let remove = "*** Begin Patch\n*** Delete File: folder/file\n*** End Patch";
        assert!(apply(&workspace, remove).await.is_err());
        let give = "*** Begin Patch\n*** Add File: a\n+a\n*** Update File: a\n*** Move to: folder/a\n*** End Patch";
        assert!(apply(&workspace, give).await.is_err());
        assert_eq!(files_in(outside.path()).len(), 1);
        assert_eq!(outside.read("file"), b"a\n");
    }

    #[tokio::test]
    async fn links_inside_the_workspace_are_followed_and_stay() {
        let workspace = Workspace::new();
        workspace.write("real/file", "a\n");
        symlink("real/file", workspace.path().join("link")).unwrap();
        apply(&workspace, &EDIT.replace("PATH", "link"))
            .await
            .unwrap();
        assert_eq!(workspace.read("real/file"), b"b\n");
        assert!(workspace.path().join("link").is_symlink());
        let onto =
            "*** Begin Patch\n*** Update File: link\n*** Move to: real/file\n-b\n+c\n*** End Patch";
        let report = apply(&workspace, onto).await.unwrap();
        assert!(report.contains("moved to where it was"), "{report}");
        assert_eq!(workspace.read("real/file"), b"c\n");
        let remove = "*** Begin Patch\n*** Delete File: link\n*** End Patch";
        let report = apply(&workspace, remove).await.unwrap();
        assert!(report.contains("a symbolic link"), "{report}");
        assert!(workspace.path().join("real/file").exists());
        assert!(!workspace.path().join("link").is_symlink());
    }

    #[tokio::test]
    async fn what_was_written_is_undone_when_a_later_file_cannot_be() {
        let workspace = Workspace::new();
        workspace.write("a", "a\n");
        workspace.write("moved", "m\n");
        workspace.write("gone", "g\n");
        workspace.write("z", "a\n");
        fs::set_permissions(workspace.path().join("z"), Permissions::from_mode(0o444)).unwrap();
        let before = files_in(workspace.path());
        let patch = "*** Begin Patch\n*** Add File: new\n+n\n*** Update File: a\n-a\n+b\n\
                     *** Update File: moved\n*** Move to: elsewhere\n-m\n+n\n*** Delete File: gone\n\
                     *** Update File: z\n-a\n+b\n*** End Patch";
        let error = apply(&workspace, patch).await.unwrap_err();
        assert!(error.to_string().contains("read-only"), "{error}");
        assert!(
            error.to_string().ends_with("every file is as it was"),
            "{error}"
        );
        assert_eq!(files_in(workspace.path()), before);
    }
}

#[tokio::test]
async fn a_patch_may_have_thousands_of_hunks() {
    const HUNKS: usize = 5_000;
    let workspace = Workspace::new();
    let lines = |word: &str| -> String {
        let each = (0..HUNKS).map(|number| format!("{word} {number}\n\n"));
        each.collect()
    };
    workspace.write("file", lines("old") + "same\nsame\n");
    let hunks: String = (0..HUNKS)
        .map(|number| format!("@@\n-old {number}\n+new {number}\n"))
        .collect();
    // Either of the last two lines may go: all ways to place the hunks are compared.
    let patch = format!("*** Begin Patch\n*** Update File: file\n{hunks}@@\n-same\n*** End Patch");
    apply(&workspace, &patch).await.unwrap();
    let content = String::from_utf8(workspace.read("file")).unwrap();
    assert!(content == lines("new") + "same\n", "{content:.200}");
}

#[tokio::test]
async fn a_directory_is_not_deleted() {
    let workspace = Workspace::new();
    workspace.write("folder/file", "a\n");
    let patch = "*** Begin Patch\n*** Delete File: folder\n*** End Patch";
    let error = apply(&workspace, patch).await.unwrap_err();
    assert!(error.to_string().contains("it is a directory"), "{error}");
    assert_eq!(workspace.read("folder/file"), b"a\n");
}

#[test]
fn a_call_says_which_files_it_changes() {
    let patch =
        "*** Begin Patch\n*** Update File: a\n*** Move to: b/c\n*** Delete File: d\n*** End Patch";
    let access = ApplyPatchTool.access(&json!({ "patch": patch }));
    assert_eq!(access, Access::Writes(Places::paths(["a", "b/c", "d"])));
    assert_eq!(
        ApplyPatchTool.summary(&json!({ "patch": patch })),
        "a, b/c, d"
    );
    let access = ApplyPatchTool.access(&json!({ "patch": "nonsense" }));
    assert_eq!(access, Access::Writes(Places::Anywhere));
}

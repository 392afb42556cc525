//! The demo's repository: a program, its tests, and a defect that one of them finds.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::Error;

const FILES: [(&str, &str); 3] = [
    ("README.md", include_str!("../../demo/repository/README.md")),
    ("leap.sh", include_str!("../../demo/repository/leap.sh")),
    (
        "run-tests.sh",
        include_str!("../../demo/repository/run-tests.sh"),
    ),
];

/// Writes the files and commits them. The user's git configuration isn't needed.
pub(crate) fn create(directory: &Path) -> Result<(), Error> {
    let unwritable = |error: std::io::Error| {
        Error::misuse(format!("can't write {}: {error}", directory.display()))
            .hint("set TMPDIR to a directory you may write to")
    };
    std::fs::create_dir_all(directory).map_err(unwritable)?;
    for (name, text) in FILES {
        std::fs::write(directory.join(name), text).map_err(unwritable)?;
    }
    git(directory, &["init", "--quiet"])?;
    git(directory, &["add", "--all"])?;
    git(
        directory,
        &[
            "commit",
            "--quiet",
            "--message",
            "Tell leap years from common ones",
        ],
    )
}

fn git(directory: &Path, arguments: &[&str]) -> Result<(), Error> {
    let identity = [
        "-c",
        "user.name=Attractor demo",
        "-c",
        "user.email=demo@localhost",
    ];
    let defaults = [
        "-c",
        "init.defaultBranch=main",
        "-c",
        "commit.gpgSign=false",
    ];
    let output = Command::new("git")
        .arg("-C")
        .arg(directory)
        .args(identity)
        .args(defaults)
        .args(arguments)
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_INDEX_FILE")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| {
            Error::misuse(format!("can't run git: {error}"))
                .hint("install git; the demo needs it and a POSIX shell, nothing else")
        })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Error::failure(format!(
        "git {} failed: {}",
        arguments.join(" "),
        said.trim()
    )))
}

//! Searches of contents and names.

use super::{Subject, ensure, failed, kind_of};
use crate::{
    ErrorKind,
    environment::{GrepOptions, GrepOutput, GrepResult, SearchStop},
};

/// A small project, with things that no search should find.
async fn project(subject: Subject<'_>) -> Result<(), String> {
    for (path, content) in [
        ("src/lib.rs", "fn one() {}\nfn Two() {}\n"),
        ("src/deep/mod.rs", "// fn\nfn three() {}\r\n"),
        ("notes.md", "fn in prose\n"),
        ("build/out.rs", "fn built() {}\n"),
        ("keep.log", "fn kept\n"),
        ("other.log", "fn dropped\n"),
        (".gitignore", "/build/\n*.log\n!keep.log\n"),
        (".git/config.rs", "fn hidden\n"),
        (".config/a.rs", "fn dotted\n"),
        ("binary.rs", "fn\0\n"),
    ] {
        let path = format!("suite-search/{path}");
        subject.write(&path, content.as_bytes()).await?;
    }
    Ok(())
}

async fn grep(
    subject: Subject<'_>,
    pattern: &str,
    options: &GrepOptions,
) -> Result<GrepResult, String> {
    let environment = subject.environment;
    let result = environment.grep(pattern, "suite-search", options).await;
    result.map_err(failed)
}

fn shown(result: &GrepResult) -> Vec<String> {
    let mut lines = Vec::new();
    for file in &result.files {
        let path = file.path.trim_start_matches("suite-search/");
        for line in &file.lines {
            lines.push(format!("{path}:{}:{}", line.number, line.text));
        }
    }
    lines
}

pub(super) async fn contents(subject: Subject<'_>) -> Result<(), String> {
    project(subject).await?;
    let result = grep(subject, r"fn \w+\(\) \{\}$", &GrepOptions::new()).await?;
    ensure(
        shown(&result)
            == [
                "src/deep/mod.rs:2:fn three() {}",
                "src/lib.rs:1:fn one() {}",
                "src/lib.rs:2:fn Two() {}",
            ],
        || format!("{result:?}"),
    )?;
    let files = GrepOptions::new().output(GrepOutput::FilesWithMatches);
    let all = grep(subject, "^fn", &files).await?;
    let paths: Vec<&str> = all.files.iter().map(|file| file.path.as_str()).collect();
    let expected = [
        ".config/a.rs",
        "keep.log",
        "notes.md",
        "src/deep/mod.rs",
        "src/lib.rs",
    ];
    let expected = expected.map(|path| format!("suite-search/{path}"));
    ensure(paths == expected && all.skipped == 1, || format!("{all:?}"))
}

pub(super) async fn options(subject: Subject<'_>) -> Result<(), String> {
    project(subject).await?;
    let rust = GrepOptions::new().glob_filter(Some("*.rs".to_owned()));
    let counted = rust
        .clone()
        .output(GrepOutput::Count)
        .case_insensitive(true);
    let counted = grep(subject, "fn t", &counted).await?;
    let counts: Vec<usize> = counted.files.iter().map(|file| file.matches).collect();
    ensure(counts == [1, 1], || format!("{counted:?}"))?;
    let around = grep(subject, "three", &rust.clone().context_lines(1)).await?;
    ensure(
        shown(&around) == ["src/deep/mod.rs:1:// fn", "src/deep/mod.rs:2:fn three() {}"],
        || format!("{around:?}"),
    )?;
    let first = grep(subject, "^fn", &rust.max_results(2)).await?;
    ensure(
        shown(&first)
            == [
                ".config/a.rs:1:fn dotted",
                "src/deep/mod.rs:2:fn three() {}",
            ],
        || format!("{first:?}"),
    )?;
    ensure(first.stopped == Some(SearchStop::Results), || {
        "it doesn't say that there is more".to_owned()
    })?;
    let file = "suite-search/src/lib.rs";
    let one = subject
        .environment
        .grep("one", file, &GrepOptions::new())
        .await;
    let one = one.map_err(failed)?;
    ensure(one.files.len() == 1 && one.files[0].path == file, || {
        format!("{one:?}")
    })
}

pub(super) async fn names(subject: Subject<'_>) -> Result<(), String> {
    project(subject).await?;
    let environment = subject.environment;
    let glob = async |pattern: &str, limit| {
        let found = environment.glob(pattern, "suite-search", limit).await;
        let mut found = found.map_err(failed)?;
        found.paths.sort();
        Ok::<_, String>(found)
    };
    let found = glob("**/*.rs", 100).await?;
    let expected = [".config/a.rs", "binary.rs", "src/deep/mod.rs", "src/lib.rs"];
    let expected = expected.map(|path| format!("suite-search/{path}"));
    ensure(found.paths == expected && found.stopped.is_none(), || {
        format!("{found:?}")
    })?;
    let direct = glob("src/*.{rs,md}", 100).await?;
    ensure(direct.paths == ["suite-search/src/lib.rs"], || {
        format!("{direct:?}")
    })?;
    let limited = glob("**/*", 2).await?;
    ensure(
        limited.paths.len() == 2 && limited.stopped == Some(SearchStop::Results),
        || format!("{limited:?}"),
    )
}

pub(super) async fn newest(subject: Subject<'_>) -> Result<(), String> {
    const ATTEMPTS: usize = 1_000;
    let environment = subject.environment;
    let modified = async || {
        let listed = environment.list_directory("suite-age", 1).await;
        let listed = listed.map_err(failed)?.into_iter();
        Ok::<Vec<_>, String>(listed.map(|entry| entry.modified).collect())
    };
    subject.write("suite-age/a", b"").await?;
    // A file system's clock may tick slowly.
    for _ in 0..ATTEMPTS {
        subject.write("suite-age/b", b"").await?;
        let times = modified().await?;
        if times[0] < times[1] || times[0].is_none() {
            break;
        }
    }
    if modified().await?.contains(&None) {
        return Ok(());
    }
    let found = environment.glob("*", "suite-age", 1).await;
    let found = found.map_err(failed)?;
    ensure(found.paths == ["suite-age/b"], || format!("{found:?}"))
}

pub(super) async fn wrong_searches(subject: Subject<'_>) -> Result<(), String> {
    project(subject).await?;
    let environment = subject.environment;
    let options = GrepOptions::new();
    let filtered = GrepOptions::new().glob_filter(Some("a[".to_owned()));
    let kinds = [
        kind_of(environment.grep("fn(", ".", &options).await),
        kind_of(environment.grep("fn", ".", &filtered).await),
        kind_of(environment.glob("a[", ".", 10).await),
    ];
    ensure(kinds == [Some(ErrorKind::InvalidInput); 3], || {
        format!("patterns that are none: {kinds:?}")
    })?;
    let kinds = [
        kind_of(environment.grep("fn", "suite-none", &options).await),
        kind_of(environment.glob("*", "suite-none", 10).await),
    ];
    ensure(kinds == [Some(ErrorKind::NotFound); 2], || {
        format!("places that are not there: {kinds:?}")
    })
}

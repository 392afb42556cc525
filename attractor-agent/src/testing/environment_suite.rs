//! What every [`ExecutionEnvironment`] must satisfy.
//!
//! ```
//! use attractor_agent::{LocalEnvironment, testing::environment_suite};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let directory = std::env::temp_dir().join(format!("suite-{}", std::process::id()));
//! std::fs::create_dir_all(&directory)?;
//! let environment = LocalEnvironment::new(&directory)?;
//! let violations = environment_suite::run(&environment).await;
//! assert!(violations.is_empty(), "{violations:#?}");
//! std::fs::remove_dir_all(&directory)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use crate::{
    Error, ErrorKind,
    environment::{DirEntry, ExecCommand, ExecResult, ExecutionEnvironment, OutputSink},
};

type Check = for<'a> fn(&'a dyn ExecutionEnvironment) -> BoxFuture<'a, Result<(), String>>;

/// Longest that a command of the suite may take.
const TIMEOUT: Duration = Duration::from_secs(20);

const CHECKS: [(&str, Check); 14] = [
    ("the working directory is absolute and exists", |e| {
        Box::pin(working_directory(e))
    }),
    ("a written file is read back byte for byte", |e| {
        Box::pin(round_trip(e))
    }),
    ("missing parent directories are created", |e| {
        Box::pin(parents(e))
    }),
    ("a missing file is NotFound, a directory is no file", |e| {
        Box::pin(wrong_paths(e))
    }),
    ("a listing has names, kinds and sizes, sorted", |e| {
        Box::pin(listing(e))
    }),
    ("the scratch directory takes files", |e| {
        Box::pin(scratch(e))
    }),
    ("commands and files see the same working directory", |e| {
        Box::pin(same_directory(e))
    }),
    ("stdout, stderr and the exit code are told apart", |e| {
        Box::pin(streams(e))
    }),
    ("standard input is empty", |e| Box::pin(empty_input(e))),
    ("variables of the call reach the command", |e| {
        Box::pin(variables(e))
    }),
    ("output is streamed while the command runs", |e| {
        Box::pin(streaming(e))
    }),
    ("a background child doesn't delay the result", |e| {
        Box::pin(background(e))
    }),
    ("a timeout ends the command and keeps its output", |e| {
        Box::pin(timeout(e))
    }),
    ("a cancel ends the command within a second", |e| {
        Box::pin(cancel(e))
    }),
];

/// Runs every check in the environment's working directory, which should be empty; what was
/// violated, by name.
pub async fn run(environment: &dyn ExecutionEnvironment) -> Vec<String> {
    let mut violations = Vec::new();
    for (name, check) in CHECKS {
        if let Err(problem) = check(environment).await {
            violations.push(format!("{name}: {problem}"));
        }
    }
    violations
}

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

fn failed(error: Error) -> String {
    format!("{:?}: {error}", error.kind())
}

async fn exec(
    environment: &dyn ExecutionEnvironment,
    command: ExecCommand,
) -> Result<ExecResult, String> {
    environment.exec_command(command).await.map_err(failed)
}

async fn stdout(environment: &dyn ExecutionEnvironment, command: &str) -> Result<String, String> {
    let result = exec(environment, ExecCommand::new(command, TIMEOUT)).await?;
    ensure(result.success(), || format!("{command}: {result:?}"))?;
    Ok(result.stdout.text())
}

async fn working_directory(environment: &dyn ExecutionEnvironment) -> Result<(), String> {
    environment.initialize().await.map_err(failed)?;
    environment.initialize().await.map_err(failed)?;
    let directory = environment.working_directory();
    ensure(
        directory.starts_with('/') || directory.contains(':'),
        || directory.to_owned(),
    )?;
    let exists = environment.file_exists(directory).await.map_err(failed)?;
    ensure(exists && !environment.platform().is_empty(), || {
        directory.to_owned()
    })
}

async fn round_trip(environment: &dyn ExecutionEnvironment) -> Result<(), String> {
    let every_byte: Vec<u8> = (0..=255).collect();
    for content in [&every_byte[..], b"", b"\xef\xbb\xbfno newline at the end"] {
        environment
            .write_file("suite.bin", content)
            .await
            .map_err(failed)?;
        let read = environment.read_file("suite.bin").await.map_err(failed)?;
        ensure(read == content, || {
            format!("wrote {content:?}, read {read:?}")
        })?;
    }
    Ok(())
}

async fn parents(environment: &dyn ExecutionEnvironment) -> Result<(), String> {
    environment
        .write_file("suite-a/b/c.txt", b"deep")
        .await
        .map_err(failed)?;
    let exists = environment
        .file_exists("suite-a/b/c.txt")
        .await
        .map_err(failed)?;
    ensure(exists, || "the file is not there".to_owned())
}

async fn wrong_paths(environment: &dyn ExecutionEnvironment) -> Result<(), String> {
    let missing = environment
        .read_file("suite-missing")
        .await
        .map_err(|error| error.kind());
    ensure(missing == Err(ErrorKind::NotFound), || {
        format!("read gave {missing:?}")
    })?;
    let exists = environment
        .file_exists("suite-missing")
        .await
        .map_err(failed)?;
    ensure(!exists, || "file_exists says yes".to_owned())?;
    environment
        .write_file("suite-dir/x", b"")
        .await
        .map_err(failed)?;
    let directory = environment.read_file("suite-dir").await;
    ensure(directory.is_err(), || {
        "a directory was read as a file".to_owned()
    })?;
    let written = environment.write_file("suite-dir", b"").await;
    ensure(written.is_err(), || {
        "a directory was overwritten".to_owned()
    })
}

async fn listing(environment: &dyn ExecutionEnvironment) -> Result<(), String> {
    environment
        .write_file("suite-list/b.txt", b"12345")
        .await
        .map_err(failed)?;
    environment
        .write_file("suite-list/a/deep/x", b"")
        .await
        .map_err(failed)?;
    let one = environment
        .list_directory("suite-list", 1)
        .await
        .map_err(failed)?;
    let expected = [DirEntry::directory("a"), DirEntry::file("b.txt", 5)];
    let plain: Vec<DirEntry> = one.into_iter().map(|entry| entry.modified(None)).collect();
    ensure(plain == expected, || format!("{plain:?}"))?;
    let two = environment
        .list_directory("suite-list", 2)
        .await
        .map_err(failed)?;
    let names: Vec<&str> = two.iter().map(|entry| entry.name.as_str()).collect();
    ensure(names == ["a", "a/deep", "b.txt"], || format!("{names:?}"))?;
    let missing = environment
        .list_directory("suite-none", 1)
        .await
        .map_err(|error| error.kind());
    ensure(missing == Err(ErrorKind::NotFound), || {
        format!("{missing:?}")
    })
}

async fn scratch(environment: &dyn ExecutionEnvironment) -> Result<(), String> {
    let file = environment.scratch_directory().await.map_err(failed)? + "/suite.txt";
    environment
        .write_file(&file, b"kept")
        .await
        .map_err(failed)?;
    let read = environment.read_file(&file).await.map_err(failed)?;
    ensure(read == b"kept"[..], || format!("{read:?}"))
}

async fn same_directory(environment: &dyn ExecutionEnvironment) -> Result<(), String> {
    environment
        .write_file("suite-dir/seen.txt", b"seen")
        .await
        .map_err(failed)?;
    let text = stdout(environment, "cat suite-dir/seen.txt").await?;
    ensure(text == "seen", || text)?;
    let command = ExecCommand::new("cat seen.txt", TIMEOUT).working_dir("suite-dir");
    let text = exec(environment, command).await?.stdout.text();
    ensure(text == "seen", || text)
}

async fn streams(environment: &dyn ExecutionEnvironment) -> Result<(), String> {
    let command = ExecCommand::new("echo out; echo err >&2; exit 3", TIMEOUT);
    let result = exec(environment, command).await?;
    let seen = (result.stdout.text(), result.stderr.text(), result.exit_code);
    ensure(seen == ("out\n".to_owned(), "err\n".to_owned(), 3), || {
        format!("{seen:?}")
    })
}

async fn empty_input(environment: &dyn ExecutionEnvironment) -> Result<(), String> {
    let text = stdout(environment, "cat; read -r line || echo end").await?;
    ensure(text == "end\n", || text)
}

async fn variables(environment: &dyn ExecutionEnvironment) -> Result<(), String> {
    let command =
        ExecCommand::new("echo \"$SUITE_API_KEY\"", TIMEOUT).variable("SUITE_API_KEY", "v");
    let text = exec(environment, command).await?.stdout.text();
    ensure(text == "v\n", || text)
}

async fn streaming(environment: &dyn ExecutionEnvironment) -> Result<(), String> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = {
        let seen = Arc::clone(&seen);
        OutputSink::new(move |_, chunk| {
            seen.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend_from_slice(chunk);
        })
    };
    exec(
        environment,
        ExecCommand::new("printf abc", TIMEOUT).output(sink),
    )
    .await?;
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
    ensure(seen == b"abc", || format!("{seen:?}"))
}

async fn background(environment: &dyn ExecutionEnvironment) -> Result<(), String> {
    let result = exec(environment, ExecCommand::new("sleep 20 & echo hi", TIMEOUT)).await?;
    ensure(result.stdout.text() == "hi\n", || format!("{result:?}"))?;
    ensure(result.duration < Duration::from_secs(2), || {
        format!("took {:?}", result.duration)
    })
}

async fn timeout(environment: &dyn ExecutionEnvironment) -> Result<(), String> {
    let command = ExecCommand::new("echo begun; sleep 20", Duration::from_millis(300));
    let result = exec(environment, command).await?;
    ensure(result.timed_out && !result.success(), || {
        format!("{result:?}")
    })?;
    ensure(result.stdout.text() == "begun\n", || format!("{result:?}"))?;
    ensure(result.duration < Duration::from_secs(4), || {
        format!("took {:?}", result.duration)
    })
}

async fn cancel(environment: &dyn ExecutionEnvironment) -> Result<(), String> {
    let token = CancellationToken::new();
    let sink = {
        let token = token.clone();
        OutputSink::new(move |_, _| token.cancel())
    };
    let command = ExecCommand::new("echo begun; sleep 20", TIMEOUT)
        .cancel(token)
        .output(sink);
    let result = exec(environment, command).await?;
    ensure(
        result.cancelled && result.stdout.text() == "begun\n",
        || format!("{result:?}"),
    )?;
    ensure(result.duration < Duration::from_secs(2), || {
        format!("took {:?}", result.duration)
    })
}

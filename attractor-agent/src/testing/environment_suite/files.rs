//! Files and directories.

use super::{Subject, ensure, failed, kind_of, stdout};
use crate::{ErrorKind, environment::DirEntry};

pub(super) async fn working_directory(subject: Subject<'_>) -> Result<(), String> {
    let environment = subject.environment;
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

pub(super) async fn round_trip(subject: Subject<'_>) -> Result<(), String> {
    let every_byte: Vec<u8> = (0..=255).collect();
    for content in [&every_byte[..], b"", b"\xef\xbb\xbfno newline at the end"] {
        subject.write("suite.bin", content).await?;
        let read = subject.environment.read_file("suite.bin").await;
        let read = read.map_err(failed)?;
        ensure(read == content, || {
            format!("wrote {content:?}, read {read:?}")
        })?;
    }
    Ok(())
}

pub(super) async fn parents(subject: Subject<'_>) -> Result<(), String> {
    subject.write("suite-a/b/c.txt", b"deep").await?;
    let exists = subject.environment.file_exists("suite-a/b/c.txt").await;
    ensure(exists.map_err(failed)?, || {
        "the file is not there".to_owned()
    })
}

pub(super) async fn wrong_paths(subject: Subject<'_>) -> Result<(), String> {
    let environment = subject.environment;
    let missing = kind_of(environment.read_file("suite-missing").await);
    ensure(missing == Some(ErrorKind::NotFound), || {
        format!("read gave {missing:?}")
    })?;
    let exists = environment.file_exists("suite-missing").await;
    ensure(!exists.map_err(failed)?, || {
        "file_exists says yes".to_owned()
    })?;
    subject.write("suite-dir/x", b"").await?;
    let directory = kind_of(environment.read_file("suite-dir").await);
    ensure(directory == Some(ErrorKind::InvalidInput), || {
        format!("a directory was read as a file: {directory:?}")
    })
}

pub(super) async fn directories_stay(subject: Subject<'_>) -> Result<(), String> {
    subject.write("suite-dir/x", b"").await?;
    let written = subject.environment.write_file("suite-dir", b"").await;
    ensure(written.is_err(), || {
        "a directory was overwritten".to_owned()
    })?;
    let removed = kind_of(subject.environment.remove_file("suite-dir").await);
    ensure(removed == Some(ErrorKind::InvalidInput), || {
        format!("removing a directory gave {removed:?}")
    })
}

pub(super) async fn removal(subject: Subject<'_>) -> Result<(), String> {
    let environment = subject.environment;
    subject.write("suite-gone.txt", b"").await?;
    environment
        .remove_file("suite-gone.txt")
        .await
        .map_err(failed)?;
    let exists = environment.file_exists("suite-gone.txt").await;
    ensure(!exists.map_err(failed)?, || "it is still there".to_owned())?;
    let again = kind_of(environment.remove_file("suite-gone.txt").await);
    ensure(again == Some(ErrorKind::NotFound), || {
        format!("removing it again gave {again:?}")
    })
}

pub(super) async fn renaming(subject: Subject<'_>) -> Result<(), String> {
    let environment = subject.environment;
    subject.write("suite-from.txt", b"new").await?;
    subject.write("suite-to.txt", b"old").await?;
    for (from, to) in [
        ("suite-from.txt", "suite-to.txt"),
        ("suite-to.txt", "suite-far/a/b"),
    ] {
        environment.rename_file(from, to).await.map_err(failed)?;
        let exists = environment.file_exists(from).await.map_err(failed)?;
        ensure(!exists, || format!("{from} is still there"))?;
        let content = environment.read_file(to).await.map_err(failed)?;
        ensure(content == b"new"[..], || format!("{to} has {content:?}"))?;
    }
    let again = kind_of(environment.rename_file("suite-from.txt", "suite-x").await);
    ensure(again == Some(ErrorKind::NotFound), || {
        format!("renaming what isn't there gave {again:?}")
    })
}

pub(super) async fn listing(subject: Subject<'_>) -> Result<(), String> {
    let environment = subject.environment;
    subject.write("suite-list/b.txt", b"12345").await?;
    subject.write("suite-list/a/deep/x", b"").await?;
    let one = environment.list_directory("suite-list", 1).await;
    let one = one.map_err(failed)?.into_iter();
    let plain: Vec<DirEntry> = one.map(|entry| entry.modified(None)).collect();
    let expected = [DirEntry::directory("a"), DirEntry::file("b.txt", 5)];
    ensure(plain == expected, || format!("{plain:?}"))?;
    let two = environment.list_directory("suite-list", 2).await;
    let two = two.map_err(failed)?;
    let names: Vec<&str> = two.iter().map(|entry| entry.name.as_str()).collect();
    ensure(names == ["a", "a/deep", "b.txt"], || format!("{names:?}"))?;
    let missing = kind_of(environment.list_directory("suite-none", 1).await);
    ensure(missing == Some(ErrorKind::NotFound), || {
        format!("a missing directory gave {missing:?}")
    })?;
    let file = kind_of(environment.list_directory("suite-list/b.txt", 1).await);
    ensure(file == Some(ErrorKind::InvalidInput), || {
        format!("a file gave {file:?}")
    })
}

pub(super) async fn canonical(subject: Subject<'_>) -> Result<(), String> {
    subject.write("suite-same/x", b"").await?;
    let root = subject.environment.canonical_path(".").await;
    let root = root.map_err(failed)?;
    for (path, expected) in [
        ("suite-same/x", "suite-same/x"),
        ("suite-same/./../suite-same//x", "suite-same/x"),
        ("suite-same/new/deep", "suite-same/new/deep"),
    ] {
        let found = subject.environment.canonical_path(path).await;
        let found = found.map_err(failed)?;
        ensure(found == format!("{root}/{expected}"), || {
            format!("{path} is {found}")
        })?;
        let again = subject.environment.canonical_path(&found).await;
        ensure(again.is_ok_and(|again| again == found), || {
            format!("{found} is not its own canonical path")
        })?;
    }
    Ok(())
}

pub(super) async fn links(subject: Subject<'_>) -> Result<(), String> {
    let environment = subject.environment;
    subject.write("suite-links/real/x", b"there").await?;
    let make = "cd suite-links && ln -sfn real to-real && ln -sfn real/none dangling && ln -sf \
                real/x to-x";
    stdout(subject.writer, make).await?;
    let root = environment.canonical_path(".").await.map_err(failed)?;
    for (path, expected) in [
        ("suite-links/to-real/x", "suite-links/real/x"),
        ("suite-links/to-real/new", "suite-links/real/new"),
        ("suite-links/dangling", "suite-links/real/none"),
    ] {
        let found = environment.canonical_path(path).await.map_err(failed)?;
        ensure(found == format!("{root}/{expected}"), || {
            format!("{path} is {found}")
        })?;
    }
    let listed = environment.list_directory("suite-links", 2).await;
    let listed = listed.map_err(failed)?.into_iter();
    let links = listed.filter(|entry| entry.is_link && !entry.is_dir);
    let names: Vec<String> = links.map(|entry| entry.name).collect();
    ensure(names == ["dangling", "to-real", "to-x"], || {
        format!("the links are {names:?}")
    })?;
    let found = environment.glob("**/*", "suite-links", 10).await;
    let found = found.map_err(failed)?.paths;
    ensure(found == ["suite-links/real/x"], || {
        format!("a search finds {found:?}")
    })?;
    let through = environment.read_file("suite-links/to-x").await;
    ensure(through.is_ok_and(|content| content == "there"), || {
        "a link wasn't read through".to_owned()
    })
}

pub(super) async fn links_are_written_through(subject: Subject<'_>) -> Result<(), String> {
    let environment = subject.environment;
    links(subject).await?;
    subject.write("suite-links/to-x", b"new").await?;
    let target = environment.read_file("suite-links/real/x").await;
    ensure(target.is_ok_and(|content| content == "new"), || {
        "a link was replaced in place of what it points to".to_owned()
    })?;
    environment
        .remove_file("suite-links/to-x")
        .await
        .map_err(failed)?;
    let target = environment.file_exists("suite-links/real/x").await;
    ensure(target.map_err(failed)?, || {
        "what a link points to was removed with it".to_owned()
    })
}

pub(super) async fn scratch(subject: Subject<'_>) -> Result<(), String> {
    let environment = subject.environment;
    let file = environment.scratch_directory().await.map_err(failed)? + "/suite.txt";
    environment
        .write_file(&file, b"kept")
        .await
        .map_err(failed)?;
    let read = environment.read_file(&file).await.map_err(failed)?;
    ensure(read == b"kept"[..], || format!("{read:?}"))
}

/// Of an environment that changes nothing.
pub(super) async fn refusal(subject: Subject<'_>) -> Result<(), String> {
    let environment = subject.environment;
    let write = |result| {
        let kind = kind_of(result);
        ensure(kind == Some(ErrorKind::PermissionDenied), || {
            format!("it was allowed, or gave {kind:?}")
        })
    };
    let before = "suite-read-only.txt";
    subject.write(before, b"kept").await?;
    write(environment.write_file(before, b"changed").await)?;
    write(environment.write_file("suite-new/x.txt", b"").await)?;
    write(environment.remove_file(before).await)?;
    let content = environment.read_file(before).await.map_err(failed)?;
    let created = environment.file_exists("suite-new").await.map_err(failed)?;
    ensure(content == "kept" && !created, || {
        "it changed something and said that it didn't".to_owned()
    })
}

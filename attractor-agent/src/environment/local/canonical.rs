//! Where a path leads, links followed, even where nothing is yet.

use std::{
    ffi::OsString,
    fs, io,
    path::{Component, Path, PathBuf},
};

use crate::limits;

/// The absolute path without links, `.` and `..`; what doesn't exist is appended as it is.
pub(super) fn canonical(path: &Path) -> io::Result<PathBuf> {
    let mut found = PathBuf::new();
    // What is still to be followed, the next part at the end.
    let mut rest: Vec<OsString> = parts(&std::path::absolute(path)?);
    let mut links = 0;
    while let Some(part) = rest.pop() {
        match Path::new(&part).components().next() {
            Some(Component::ParentDir) => {
                found.pop();
                continue;
            }
            Some(Component::CurDir) | None => continue,
            Some(_) => found.push(&part),
        }
        match fs::read_link(&found) {
            Ok(target) => {
                links += 1;
                if links > limits::SYMBOLIC_LINKS {
                    return Err(io::Error::other("too many symbolic links"));
                }
                found.pop();
                rest.extend(parts(&target));
            }
            // Not a link, or nothing there.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::InvalidInput
                        | io::ErrorKind::NotFound
                        | io::ErrorKind::NotADirectory
                ) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// The parts of a path, the first at the end; an absolute one begins with its root.
fn parts(path: &Path) -> Vec<OsString> {
    let parts = path.components().rev();
    parts.map(|part| part.as_os_str().to_owned()).collect()
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_are_followed_even_to_what_is_not_there() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        let at = |name: &str| root.join(name);
        fs::create_dir_all(at("a/b")).unwrap();
        symlink("a/b", at("to-b")).unwrap();
        symlink("../outside/new", at("a/dangling")).unwrap();
        symlink("/absolute/nowhere", at("away")).unwrap();
        symlink("loop", at("loop")).unwrap();
        let cases = [
            ("a/./b/../c", "a/c"),
            ("to-b/..", "a"),
            ("to-b/new/deep", "a/b/new/deep"),
            ("a/dangling", "outside/new"),
            ("a/dangling/x", "outside/new/x"),
            ("away", "/absolute/nowhere"),
            ("none/../x", "x"),
        ];
        for (path, expected) in cases {
            assert_eq!(canonical(&at(path)).unwrap(), at(expected), "{path}");
        }
        assert!(canonical(&at("loop")).is_err());
        assert_eq!(canonical(Path::new("/")).unwrap(), Path::new("/"));
    }
}

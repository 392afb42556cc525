//! Paths of an environment as text; pure, with `/` between the parts.

/// An absolute path without `.` and `..`, by its text alone: what
/// [`canonical_path`](crate::FileOperations::canonical_path) is where there are no symbolic links.
///
/// ```
/// use attractor_agent::lexical_path;
///
/// assert_eq!(lexical_path("/work", "src/../a.rs"), "/work/a.rs");
/// assert_eq!(lexical_path("/work", "/etc/./hosts"), "/etc/hosts");
/// assert_eq!(lexical_path("/work", "../../.."), "/");
/// ```
#[must_use]
pub fn lexical_path(directory: &str, path: &str) -> String {
    let joined = join(directory, path);
    let mut parts: Vec<&str> = Vec::new();
    for part in joined.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// The path from the directory's point of view: absolute as it is, relative below the directory.
pub(crate) fn join(directory: &str, path: &str) -> String {
    match (directory, path) {
        (_, path) if path.starts_with('/') => path.to_owned(),
        ("" | ".", path) => path.to_owned(),
        (directory, "" | ".") => directory.to_owned(),
        (directory, path) => format!("{}/{path}", directory.trim_end_matches('/')),
    }
}

/// Whether an absolute path is the directory or below it.
pub(crate) fn is_within(path: &str, directory: &str) -> bool {
    path.strip_prefix(directory.trim_end_matches('/'))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The directory of a path, and its last part.
pub(crate) fn split(path: &str) -> (&str, &str) {
    match path.trim_end_matches('/').rsplit_once('/') {
        Some(("", name)) => ("/", name),
        Some((directory, name)) => (directory, name),
        None => (".", path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_neighbour_with_the_same_beginning_is_not_within() {
        assert!(is_within("/work/a", "/work") && is_within("/work", "/work/"));
        assert!(is_within("/etc", "/"));
        assert!(!is_within("/workshop", "/work") && !is_within("/", "/work"));
    }

    #[test]
    fn paths_are_joined_and_split() {
        assert_eq!(join("/a/", "b"), "/a/b");
        assert_eq!(join(".", "b"), "b");
        assert_eq!(join("/a", "."), "/a");
        assert_eq!(split("/a/b"), ("/a", "b"));
        assert_eq!(split("/a"), ("/", "a"));
        assert_eq!(split("a"), (".", "a"));
    }
}

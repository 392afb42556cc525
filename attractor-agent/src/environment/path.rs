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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined() {
        assert_eq!(join("/a/", "b"), "/a/b");
        assert_eq!(join(".", "b"), "b");
        assert_eq!(join("/a", "."), "/a");
    }
}

//! Paths of a repository, kept within it.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use attractor_core::Graph;

use super::error::Failure;
use super::limits::{INCLUDES, PIPELINE_BYTES};

/// The attribute that names another pipeline's file.
const CHILD: &str = "stack.child_dotfile";

/// A relative path within a directory, by its text: where it would be if there are no links.
pub(super) fn lexically(root: &Path, path: &str) -> Result<PathBuf, Failure> {
    let is_plain = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    let path_of = Path::new(path);
    if path.is_empty() || !path_of.components().all(is_plain) || path.contains('\0') {
        let text = format!("the path {path:?} must be a relative one within the repository");
        return Err(Failure::run(text));
    }
    Ok(root.join(path_of))
}

/// The text of a file within a directory; links that lead out of it aren't followed.
pub(super) fn text(root: &Path, path: &Path) -> Result<String, Failure> {
    let shown = path.strip_prefix(root).unwrap_or(path).display();
    let (root, found) = match (root.canonicalize(), path.canonicalize()) {
        (Ok(root), Ok(found)) => (root, found),
        _ => return Err(Failure::run(format!("the repository has no file {shown}"))),
    };
    if !found.starts_with(&root) {
        let text = format!("{shown} leads out of the repository");
        return Err(Failure::run(text));
    }
    if found
        .strip_prefix(&root)
        .is_ok_and(|it| it.starts_with(".git"))
        || !found.is_file()
    {
        return Err(Failure::run(format!(
            "{shown} isn't a file of the repository"
        )));
    }
    let unreadable = |error| Failure::run(format!("can't read {shown}: {error}"));
    let file = fs::File::open(&found).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(PIPELINE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > PIPELINE_BYTES {
        let text = format!("{shown} has more than {PIPELINE_BYTES} bytes");
        return Err(Failure::run(text));
    }
    String::from_utf8(bytes).map_err(|_| Failure::run(format!("{shown} isn't UTF-8 text")))
}

/// Refuses a pipeline that names one, directly or not, whose file isn't in the repository.
pub(super) fn includes(root: &Path, source: &str, file: &Path) -> Result<(), Failure> {
    let mut seen = BTreeSet::new();
    let mut waiting = vec![(source.to_owned(), file.to_owned())];
    while let Some((source, file)) = waiting.pop() {
        // A text that is no graph is refused by the engine, which says where it's wrong.
        let Ok((graph, _)) = Graph::parse(&source) else {
            continue;
        };
        let beside = file.parent().unwrap_or(root).to_owned();
        let graph_wide = graph.attrs().value(CHILD).map(|it| it.to_string());
        let of_nodes = graph.nodes().iter();
        let of_nodes = of_nodes.filter_map(|node| Some(node.attr(CHILD)?.to_string()));
        for name in of_nodes.chain(graph_wide) {
            let path = beside.join(&name);
            if !seen.insert(path.clone()) {
                continue;
            }
            if seen.len() > INCLUDES {
                let text = format!("the pipeline names more than {INCLUDES} others");
                return Err(Failure::run(text));
            }
            let text = text(root, &path)
                .map_err(|error| Failure::run(format!("the pipeline {name:?}: {error}")))?;
            waiting.push((text, path));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_within_the_repository() {
        let root = Path::new("/clone");
        assert_eq!(lexically(root, "a/./b.dot").unwrap(), root.join("a/b.dot"));
        for bad in ["", "/etc/passwd", "..", "a/../../b", "../a"] {
            assert!(lexically(root, bad).is_err(), "{bad}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_that_lead_out_of_the_repository_arent_followed() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("x.dot"), "secret").unwrap();
        let clone = tempfile::tempdir().unwrap();
        let at = |name: &str| clone.path().join(name);
        fs::write(at("good.dot"), "digraph {}").unwrap();
        std::os::unix::fs::symlink("good.dot", at("near.dot")).unwrap();
        std::os::unix::fs::symlink(outside.path().join("x.dot"), at("far.dot")).unwrap();
        std::os::unix::fs::symlink(outside.path(), at("folder")).unwrap();
        fs::create_dir(at(".git")).unwrap();
        fs::write(at(".git/config"), "x").unwrap();
        assert_eq!(text(clone.path(), &at("near.dot")).unwrap(), "digraph {}");
        for bad in ["far.dot", "folder/x.dot", ".git/config", ".git", "none.dot"] {
            let error = text(clone.path(), &at(bad)).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
        let source = "digraph { a [type=\"stack.sub_pipeline\", stack.child_dotfile=\"far.dot\"] }";
        let refused = includes(clone.path(), source, &at("good.dot")).unwrap_err();
        assert!(refused.to_string().contains("leads out"), "{refused}");
        let source = source.replace("far.dot", "near.dot");
        includes(clone.path(), &source, &at("good.dot")).unwrap();
    }
}

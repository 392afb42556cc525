//! The texts of the pipelines that a pipeline names.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::journal::read_limited;
use crate::limits::{MAX_INCLUDED_BYTES, MAX_INCLUDES, MAX_SOURCE_BYTES};
use crate::{Error, ErrorKind};

/// Texts by absolute path. Each file is read once: a run is resumed with the texts it was
/// started with, whatever has become of the files.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Sources {
    texts: BTreeMap<PathBuf, Arc<str>>,
    bytes: usize,
}

impl Sources {
    /// The texts that a run's manifest has kept.
    pub(in crate::engine) fn kept(includes: &BTreeMap<String, String>) -> Self {
        let texts = includes.iter();
        let texts = texts.map(|(path, text)| (PathBuf::from(path), Arc::from(text.as_str())));
        Self {
            bytes: includes.values().map(String::len).sum(),
            texts: texts.collect(),
        }
    }

    /// The text of a file.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] if it isn't a text of acceptable length, [`ErrorKind::NotFound`]
    /// if there is no such file, [`ErrorKind::Io`] if it can't be read.
    pub(in crate::engine) fn text(&mut self, path: &Path) -> Result<Arc<str>, Error> {
        if let Some(text) = self.texts.get(path) {
            return Ok(Arc::clone(text));
        }
        let refuse = |text: String| Err(Error::new(ErrorKind::InvalidInput, text));
        let followed = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let Some(bytes) = read_limited(&followed, MAX_SOURCE_BYTES as u64)? else {
            let text = format!("there is no file {}", path.display());
            return Err(Error::new(ErrorKind::NotFound, text));
        };
        self.bytes += bytes.len();
        if self.bytes > MAX_INCLUDED_BYTES || self.texts.len() >= MAX_INCLUDES {
            return refuse(format!(
                "the pipelines that are named have more than {MAX_INCLUDED_BYTES} bytes or are \
                 more than {MAX_INCLUDES}"
            ));
        }
        let Ok(text) = String::from_utf8(bytes) else {
            return refuse(format!("{} isn't UTF-8 text", path.display()));
        };
        let text: Arc<str> = text.into();
        self.texts.insert(path.to_owned(), Arc::clone(&text));
        Ok(text)
    }

    /// What a manifest keeps.
    pub(in crate::engine) fn to_includes(&self) -> BTreeMap<String, String> {
        let texts = self.texts.iter();
        texts
            .map(|(path, text)| (path.to_string_lossy().into_owned(), text.to_string()))
            .collect()
    }
}

/// The absolute path of a file that is named in the pipeline at `file`. Dots are resolved in the
/// text alone, so that it's the same where the files are gone.
pub(in crate::engine) fn resolve(file: &Path, name: &str) -> PathBuf {
    let mut path = PathBuf::new();
    let joined = file.parent().unwrap_or(Path::new("")).join(name);
    for part in joined.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if path.file_name().is_some() => {
                path.pop();
            }
            part => path.push(part),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_resolved_beside_the_file_it_is_written_in() {
        let at = |name| resolve(Path::new("/src/flows/main.dot"), name);
        assert_eq!(at("part.dot"), Path::new("/src/flows/part.dot"));
        assert_eq!(at("./a/../part.dot"), Path::new("/src/flows/part.dot"));
        assert_eq!(at("../part.dot"), Path::new("/src/part.dot"));
        assert_eq!(at("/part.dot"), Path::new("/part.dot"));
    }
}

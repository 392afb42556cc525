use object_store::path::{Path, PathPart};

use super::limits::{KEY_BYTES, KEY_PART_BYTES};
use crate::domain::Error;

/// A key as the path that the crate wants: characters that some service has trouble with are escaped.
///
/// # Errors
///
/// [`ErrorKind::Invalid`](crate::domain::ErrorKind::Invalid) with the code `invalid_object_key`.
pub(super) fn path(key: &str) -> Result<Path, Error> {
    let part_is_bad = |part: &str| {
        matches!(part, "" | "." | "..") || PathPart::from(part).as_ref().len() > KEY_PART_BYTES
    };
    let is_bad = |c: char| c.is_control() || c == '\\';
    if key.len() > KEY_BYTES || key.contains(is_bad) || key.split('/').any(part_is_bad) {
        let shown: String = key.chars().take(80).collect();
        let message = format!(
            "object key {shown:?} must be a relative path of at most {KEY_BYTES} bytes, with names of at most {KEY_PART_BYTES}"
        );
        return Err(Error::invalid("invalid_object_key", message));
    }
    Ok(Path::from(key))
}

/// A prefix that ends with `/`, as a path.
///
/// # Errors
///
/// Those of [`path`].
pub(super) fn folder(prefix: &str) -> Result<Path, Error> {
    match prefix.strip_suffix('/') {
        Some(folder) => path(folder),
        None => {
            let message = format!("prefix {prefix:?} must end with `/`");
            Err(Error::invalid("invalid_object_key", message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_leads_nowhere_else() {
        for (key, written) in [
            ("runs/p/r/plan.md", "runs/p/r/plan.md"),
            ("a b/ä.md", "a b/%C3%A4.md"),
            ("a#1/50%", "a%231/50%25"),
            ("..a/b", "..a/b"),
        ] {
            assert_eq!(path(key).unwrap().as_ref(), written);
        }
        let (long, deep) = ("x".repeat(241), "x/".repeat(600) + "x");
        let escaped = "#".repeat(81);
        for bad in [
            "", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "a/./b", "a\\b", "a\0", "a\nb",
            &long, &deep, &escaped,
        ] {
            assert_eq!(
                path(bad).unwrap_err().code(),
                "invalid_object_key",
                "{bad:?}"
            );
        }
        assert_eq!(folder("runs/p/").unwrap().as_ref(), "runs/p");
        for bad in ["", "/", "runs", "runs//", "../"] {
            assert!(folder(bad).is_err(), "{bad:?}");
        }
    }
}

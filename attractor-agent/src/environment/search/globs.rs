//! Name patterns, and the newest of the files that fit; pure.

use std::{cmp::Reverse, collections::BinaryHeap, path::Path, time::SystemTime};

use globset::{GlobBuilder, GlobMatcher};

use super::{GlobResult, SearchStop};
use crate::{environment::path, error::Error};

/// Directories and files in which version control keeps its own data: never searched.
pub(crate) const VERSION_CONTROL: [&str; 4] = [".git", ".hg", ".jj", ".svn"];

/// A pattern of paths and the directory that it starts from.
#[derive(Debug)]
pub(crate) struct GlobPattern {
    /// Where to look, the fixed beginning of the pattern included.
    pub(crate) directory: String,
    /// The pattern from there on.
    pub(crate) rest: String,
    matcher: GlobMatcher,
}

impl GlobPattern {
    pub(crate) fn new(pattern: &str, directory: &str) -> Result<Self, Error> {
        let (fixed, rest) = fixed_part(pattern);
        Ok(Self {
            directory: path::join(directory, fixed),
            rest: rest.to_owned(),
            matcher: matcher(rest)?,
        })
    }

    /// Whether this path, relative to the directory, fits.
    pub(crate) fn is_match(&self, relative: impl AsRef<Path>) -> bool {
        self.matcher.is_match(relative)
    }
}

/// The directories that a pattern begins with, and the rest: `../src/**/*.rs` looks in `../src`.
fn fixed_part(pattern: &str) -> (&str, &str) {
    let special = pattern.find(['*', '?', '[', '{', '\\']);
    let fixed = &pattern[..special.unwrap_or(pattern.len())];
    match fixed.rfind('/') {
        Some(0) => ("/", &pattern[1..]),
        Some(end) => (&pattern[..end], &pattern[end + 1..]),
        None => (".", pattern),
    }
}

/// Which files a search of contents looks at: `*.rs` anywhere, `src/*.rs` from the directory on,
/// `!*.md` all others.
#[derive(Debug, Default)]
pub(crate) struct Filter(Option<(GlobMatcher, bool)>);

impl Filter {
    pub(crate) fn new(pattern: Option<&str>) -> Result<Self, Error> {
        let Some(pattern) = pattern.filter(|pattern| !pattern.is_empty()) else {
            return Ok(Self(None));
        };
        let (wanted, name) = match pattern.strip_prefix('!') {
            Some(name) => (false, name),
            None => (true, pattern),
        };
        let name = name.strip_prefix("./").unwrap_or(name);
        let name = match name.strip_suffix('/') {
            Some(directory) => format!("{directory}/**"),
            None => name.to_owned(),
        };
        let matcher = match name.strip_prefix('/') {
            Some(rooted) => matcher(rooted)?,
            None if name.trim_end_matches("/**").contains('/') => matcher(&name)?,
            None => matcher(&format!("**/{name}"))?,
        };
        Ok(Self(Some((matcher, wanted))))
    }

    /// Whether to look at this file, by its path relative to the searched directory.
    pub(crate) fn takes(&self, relative: impl AsRef<Path>) -> bool {
        match &self.0 {
            Some((matcher, wanted)) => matcher.is_match(relative) == *wanted,
            None => true,
        }
    }
}

fn matcher(pattern: &str) -> Result<GlobMatcher, Error> {
    let glob = GlobBuilder::new(pattern).literal_separator(true).build();
    glob.map(|glob| glob.compile_matcher()).map_err(|error| {
        Error::invalid_input(format!(
            "invalid glob pattern {pattern:?}: {}; use * and ? within a name, ** for any \
             directories, [a-z] and {{a,b}}",
            error.kind()
        ))
        .with_source(error)
    })
}

/// The newest of the files that it is given, those of one time by their paths.
#[derive(Debug)]
pub(crate) struct Newest {
    room: usize,
    dropped: bool,
    files: BinaryHeap<(Reverse<Option<SystemTime>>, String)>,
}

impl Newest {
    pub(crate) fn new(room: usize) -> Self {
        Self {
            room: room.clamp(1, crate::limits::SEARCH_RESULTS),
            dropped: false,
            files: BinaryHeap::new(),
        }
    }

    pub(crate) fn add(&mut self, path: String, modified: Option<SystemTime>) {
        self.files.push((Reverse(modified), path));
        if self.files.len() > self.room {
            self.files.pop();
            self.dropped = true;
        }
    }

    /// The files; `stopped` says what else ended the search.
    pub(crate) fn finish(self, stopped: Option<SearchStop>) -> GlobResult {
        let sorted = self.files.into_sorted_vec();
        GlobResult {
            paths: sorted.into_iter().map(|(_, path)| path).collect(),
            stopped: stopped.or(self.dropped.then_some(SearchStop::Results)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_fixed_beginning_of_a_pattern_is_where_to_look() {
        let cases = [
            ("**/*.rs", (".", "**/*.rs")),
            ("src/**/*.rs", ("src", "**/*.rs")),
            ("./a/b.rs", ("./a", "b.rs")),
            ("../x/*.rs", ("../x", "*.rs")),
            ("/etc/host?", ("/etc", "host?")),
            ("/*.txt", ("/", "*.txt")),
            ("src/{a,b}/c", ("src", "{a,b}/c")),
        ];
        for (pattern, expected) in cases {
            assert_eq!(fixed_part(pattern), expected, "{pattern}");
        }
        let pattern = GlobPattern::new("/etc/*", "ignored").unwrap();
        assert_eq!(pattern.directory, "/etc");
    }

    #[test]
    fn a_star_stays_within_a_name() {
        let fits =
            |pattern: &str, path: &str| GlobPattern::new(pattern, ".").unwrap().is_match(path);
        assert!(fits("*.rs", "a.rs") && !fits("*.rs", "src/a.rs"));
        assert!(fits("**/*.rs", "a.rs") && fits("**/*.rs", "src/b/a.rs"));
        assert!(fits("**/*.{ts,tsx}", "x/a.tsx") && !fits("**/*.{ts,tsx}", "x/a.js"));
    }

    #[test]
    fn a_filter_without_a_directory_holds_everywhere() {
        let takes = |filter: &str, path: &str| Filter::new(Some(filter)).unwrap().takes(path);
        assert!(takes("*.rs", "a.rs") && takes("*.rs", "src/deep/a.rs") && !takes("*.rs", "a.py"));
        assert!(takes("src/*.rs", "src/a.rs") && !takes("src/*.rs", "x/src/a.rs"));
        assert!(
            takes("dist/", "a/dist/b/c.js") && takes("a/b/", "a/b/c") && !takes("a/b/", "x/a/b/c")
        );
        assert!(!takes("!*.md", "doc/a.md") && takes("!*.md", "a.rs"));
        assert!(Filter::new(Some("")).unwrap().takes("anything"));
        assert!(Filter::new(Some("a[")).is_err());
    }

    #[test]
    fn the_newest_files_stay() {
        let at = |seconds| Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        let mut newest = Newest::new(3);
        for (path, modified) in [
            ("old", at(1)),
            ("b", at(3)),
            ("a", at(3)),
            ("new", at(4)),
            ("?", None),
        ] {
            newest.add(path.to_owned(), modified);
        }
        let result = newest.finish(None);
        assert_eq!(result.paths, ["new", "a", "b"]);
        assert_eq!(result.stopped, Some(SearchStop::Results));
    }
}

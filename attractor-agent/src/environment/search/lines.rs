//! Matching lines of one file, and the first of all files; no I/O but the reader that is given.

use std::{collections::BTreeMap, io};

use grep_matcher::{LineTerminator, Matcher as _};
use grep_regex::{RegexMatcher, RegexMatcherBuilder};
use grep_searcher::{
    BinaryDetection, Searcher, SearcherBuilder, Sink, SinkContext, SinkFinish, SinkMatch,
};

use super::{GrepFile, GrepLine, GrepOptions, GrepOutput, GrepResult, SearchStop};
use crate::{error::Error, limits};

/// A regular expression and what is wanted of each file.
#[derive(Debug, Clone)]
pub(crate) struct LineSearch {
    matcher: RegexMatcher,
    output: GrepOutput,
    context_lines: usize,
    max_results: usize,
}

impl LineSearch {
    pub(crate) fn new(pattern: &str, options: &GrepOptions) -> Result<Self, Error> {
        let matcher = RegexMatcherBuilder::new()
            .case_insensitive(options.case_insensitive)
            .multi_line(true)
            .crlf(true)
            .size_limit(limits::PATTERN_BYTES)
            .build(pattern)
            .map_err(|error| invalid(pattern, &error))?;
        let lines = options.output == GrepOutput::Content;
        Ok(Self {
            matcher,
            output: options.output,
            context_lines: if lines { options.context_lines } else { 0 },
            max_results: options.max_results.clamp(1, limits::SEARCH_RESULTS),
        })
    }

    /// What reads files for this search; one for each thread.
    pub(crate) fn searcher(&self) -> Searcher {
        SearcherBuilder::new()
            .line_terminator(LineTerminator::crlf())
            .binary_detection(BinaryDetection::quit(0))
            .heap_limit(Some(limits::GREP_LINE_READ))
            .line_number(self.output == GrepOutput::Content)
            .before_context(self.context_lines)
            .after_context(self.context_lines)
            .build()
    }

    /// What a file has; nothing where no line matches.
    pub(crate) fn file(
        &self,
        searcher: &mut Searcher,
        path: impl FnOnce() -> String,
        content: impl io::Read,
    ) -> Result<Option<GrepFile>, Skipped> {
        let mut found = Found::new(self);
        searcher
            .search_reader(&self.matcher, content, &mut found)
            .map_err(|_| Skipped)?;
        if found.binary {
            return Err(Skipped);
        }
        Ok((found.matches > 0).then(|| GrepFile {
            path: path(),
            matches: found.matches,
            lines: found.lines,
        }))
    }
}

/// A file that can't be searched: binary, or unreadable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Skipped;

fn invalid(pattern: &str, error: &grep_regex::Error) -> Error {
    let hint = if matches!(error.kind(), grep_regex::ErrorKind::NotAllowed(_)) {
        "a pattern is matched against one line at a time; to find text across lines, search for \
         one of them"
    } else {
        "put a backslash before characters that are meant literally, such as ( [ { . * +"
    };
    Error::invalid_input(format!(
        "invalid regular expression {pattern:?}: {error}; {hint}"
    ))
    .with_source(error.clone())
}

/// What was seen of one file so far.
#[derive(Debug)]
struct Found<'a> {
    search: &'a LineSearch,
    matches: usize,
    lines: Vec<GrepLine>,
    binary: bool,
}

impl<'a> Found<'a> {
    fn new(search: &'a LineSearch) -> Self {
        Self {
            search,
            matches: 0,
            lines: Vec::new(),
            binary: false,
        }
    }

    fn line(&mut self, number: Option<u64>, bytes: &[u8], is_match: bool) {
        self.lines.push(GrepLine {
            number: number.unwrap_or_default(),
            text: shorten(&self.search.matcher, bytes),
            is_match,
        });
    }
}

impl Sink for Found<'_> {
    type Error = io::Error;

    fn matched(&mut self, _: &Searcher, line: &SinkMatch<'_>) -> Result<bool, io::Error> {
        self.matches += 1;
        match self.search.output {
            GrepOutput::FilesWithMatches => return Ok(false),
            GrepOutput::Count => return Ok(true),
            GrepOutput::Content => {}
        }
        // One more than is wanted tells that there is more.
        if self.matches > self.search.max_results {
            return Ok(false);
        }
        self.line(line.line_number(), line.bytes(), true);
        Ok(true)
    }

    fn context(&mut self, _: &Searcher, line: &SinkContext<'_>) -> Result<bool, io::Error> {
        self.line(line.line_number(), line.bytes(), false);
        Ok(true)
    }

    fn finish(&mut self, _: &Searcher, finish: &SinkFinish) -> Result<(), io::Error> {
        self.binary = finish.binary_byte_offset().is_some();
        Ok(())
    }
}

/// A line as text; of a very long one, what stands around the match.
fn shorten(matcher: &RegexMatcher, line: &[u8]) -> String {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.len() <= limits::GREP_LINE_BYTES {
        return String::from_utf8_lossy(line).into_owned();
    }
    let found = matcher.find(line).ok().flatten();
    let start = found.map_or(0, |found| found.start());
    let from = start.saturating_sub(limits::GREP_LINE_BYTES / 4);
    let from = char_start(line, from);
    let to = char_start(line, line.len().min(from + limits::GREP_LINE_BYTES));
    let text = String::from_utf8_lossy(&line[from..to]);
    let before = if from > 0 { "…" } else { "" };
    let after = if to < line.len() { "…" } else { "" };
    format!("{before}{text}{after} [of {} bytes]", line.len())
}

/// The nearest place at or before `at` where a UTF-8 character begins.
fn char_start(bytes: &[u8], at: usize) -> usize {
    const LONGEST: usize = 4;
    let is_start = |at: &usize| bytes.get(*at).is_none_or(|byte| byte & 0xc0 != 0x80);
    (at.saturating_sub(LONGEST)..=at)
        .rev()
        .find(is_start)
        .unwrap_or(at)
}

/// Files with matches as they are found, by their place in the order of paths. Later files are
/// looked at later, so the first results are complete as soon as there are enough of them.
#[derive(Debug, Default)]
pub(crate) struct Results {
    files: BTreeMap<usize, GrepFile>,
    units: usize,
    skipped: usize,
}

impl Results {
    /// Adds what came of the file at this place.
    pub(crate) fn add(
        &mut self,
        search: &LineSearch,
        place: usize,
        file: Result<Option<GrepFile>, Skipped>,
    ) {
        match file {
            Err(Skipped) => self.skipped += 1,
            Ok(None) => {}
            Ok(Some(file)) => {
                self.units += search.units(&file);
                self.files.insert(place, file);
            }
        }
    }

    /// Whether no later file is needed.
    pub(crate) fn are_enough(&self, search: &LineSearch) -> bool {
        self.units > search.max_results
    }

    /// The first results of all; `stopped` says what else ended the search.
    pub(crate) fn finish(self, search: &LineSearch, stopped: Option<SearchStop>) -> GrepResult {
        let mut room = search.max_results;
        let mut result = GrepResult {
            stopped,
            skipped: self.skipped,
            ..GrepResult::default()
        };
        for (_, mut file) in self.files {
            let units = search.units(&file);
            if units > room {
                result.stopped = Some(SearchStop::Results);
                if room > 0 && search.output == GrepOutput::Content {
                    keep_first(&mut file, room, search.context_lines);
                    result.files.push(file);
                }
                break;
            }
            room -= units;
            result.files.push(file);
        }
        result
    }
}

impl LineSearch {
    /// What counts against the limit: lines, or files.
    fn units(&self, file: &GrepFile) -> usize {
        match self.output {
            GrepOutput::Content => file.matches,
            GrepOutput::FilesWithMatches | GrepOutput::Count => 1,
        }
    }
}

/// Leaves the first matches of a file and the lines around them.
fn keep_first(file: &mut GrepFile, matches: usize, context_lines: usize) {
    let last = file
        .lines
        .iter()
        .filter(|line| line.is_match)
        .nth(matches - 1);
    let last = last.map_or(0, |line| line.number) + context_lines as u64;
    let mut seen = 0;
    file.lines.retain(|line| {
        seen += usize::from(line.is_match);
        seen <= matches && line.number <= last
    });
    file.matches = matches;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(options: &GrepOptions, files: &[&[u8]]) -> GrepResult {
        let search = LineSearch::new("x", options).unwrap();
        let mut results = Results::default();
        for (place, content) in files.iter().enumerate() {
            let file = search.file(&mut search.searcher(), || format!("f{place}"), *content);
            results.add(&search, place, file);
        }
        results.finish(&search, None)
    }

    fn shown(result: &GrepResult) -> Vec<String> {
        let lines = result.files.iter().flat_map(|file| {
            let line = |line: &GrepLine| format!("{}:{}:{}", file.path, line.number, line.text);
            file.lines.iter().map(line).collect::<Vec<_>>()
        });
        lines.collect()
    }

    #[test]
    fn the_first_matches_are_kept_with_the_lines_around_them() {
        let options = GrepOptions::new().max_results(2).context_lines(1);
        let result = search(&options, &[b"a\nx1\nb\nc\n", b"x2\nd\nx3\n"]);
        assert_eq!(
            shown(&result),
            ["f0:1:a", "f0:2:x1", "f0:3:b", "f1:1:x2", "f1:2:d"]
        );
        assert_eq!(result.stopped, Some(SearchStop::Results));
    }

    #[test]
    fn as_many_results_as_asked_for_are_all() {
        let result = search(&GrepOptions::new().max_results(2), &[b"x\n", b"x"]);
        assert_eq!((shown(&result).len(), result.stopped), (2, None));
    }

    #[test]
    fn line_endings_do_not_belong_to_lines_and_binary_files_are_skipped() {
        let options = GrepOptions::new();
        let search_end = LineSearch::new("x$", &options).unwrap();
        let file = search_end.file(
            &mut search_end.searcher(),
            String::new,
            &b"x a\nax\r\nbx\n"[..],
        );
        let lines = file.unwrap().unwrap().lines;
        assert_eq!([&*lines[0].text, &*lines[1].text], ["ax", "bx"]);
        let result = search(&options, &[b"x\n\0", b"x \xff\n"]);
        assert_eq!(
            (shown(&result), result.skipped),
            (vec!["f1:1:x \u{fffd}".to_owned()], 1)
        );
    }

    #[test]
    fn a_line_without_end_is_not_read_to_its_end() {
        let search = LineSearch::new("y", &GrepOptions::new()).unwrap();
        let endless = io::repeat(b'x');
        let file = search.file(&mut search.searcher(), String::new, endless);
        assert_eq!(file, Err(Skipped));
    }

    #[test]
    fn counts_are_whole_and_limited_by_files() {
        let options = GrepOptions::new().output(GrepOutput::Count).max_results(1);
        let result = search(&options, &[b"x\nx\nx", b"x"]);
        assert_eq!((result.files.len(), result.files[0].matches), (1, 3));
        assert_eq!(result.stopped, Some(SearchStop::Results));
    }

    #[test]
    fn a_very_long_line_is_shortened_around_its_match() {
        let line = format!("{}x{}", "é".repeat(5_000), "ü".repeat(5_000));
        let result = search(&GrepOptions::new(), &[line.as_bytes()]);
        let text = &result.files[0].lines[0].text;
        assert!(
            text.starts_with("…é") && text.ends_with("ü… [of 20001 bytes]"),
            "{text}"
        );
        assert!(text.contains("éxü") && text.len() < 600);
    }
}

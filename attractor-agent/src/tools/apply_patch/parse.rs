//! v4a text to [`Patch`] (coding-agent-loop-spec, appendix A); pure.

use std::fmt;

use super::{
    envelope::{self, Numbered},
    patch::{Hunk, HunkLine, LineKind, Operation, Patch},
};

const ADD: &str = "*** Add File:";
const DELETE: &str = "*** Delete File:";
const UPDATE: &str = "*** Update File:";
const MOVE: &str = "*** Move to:";
const END_OF_FILE: &str = "*** End of File";
const ENVIRONMENT: &str = "*** Environment ID:";
const NO_NEWLINE: &str = "\\ No newline at end of file";

/// A text that isn't a patch, and where it stops being one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed {
    line: usize,
    reason: String,
}

impl Malformed {
    pub(super) fn new(line: usize, reason: impl Into<String>) -> Self {
        Self {
            line,
            reason: reason.into(),
        }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} of the patch: {}", self.line, self.reason)
    }
}

/// Reads a patch, with whatever stands around it.
pub(super) fn parse(text: &str) -> Result<Patch<'_>, Malformed> {
    let lines = envelope::lines(text)?;
    let mut parser = Parser { lines: &lines };
    parser.environment();
    let mut operations = Vec::new();
    while let Some(operation) = parser.operation()? {
        operations.push(operation);
    }
    if operations.is_empty() {
        let line = text.lines().count();
        return Err(Malformed::new(line, "the patch is empty: it names no file"));
    }
    Ok(Patch { operations })
}

/// The lines that are still to be read.
struct Parser<'a, 'l> {
    lines: &'l [Numbered<'a>],
}

impl<'a> Parser<'a, '_> {
    fn peek(&self) -> Option<Numbered<'a>> {
        self.lines.first().copied()
    }

    fn advance(&mut self) {
        self.lines = &self.lines[1..];
    }

    fn skip_blank(&mut self) {
        while self.peek().is_some_and(|(_, line)| line.trim().is_empty()) {
            self.advance();
        }
    }

    /// Other agents may name the environment that a patch is for; here there is but one.
    fn environment(&mut self) {
        self.skip_blank();
        if self
            .peek()
            .is_some_and(|(_, line)| line.starts_with(ENVIRONMENT))
        {
            self.advance();
        }
    }

    fn operation(&mut self) -> Result<Option<Operation<'a>>, Malformed> {
        self.skip_blank();
        let Some((number, line)) = self.peek() else {
            return Ok(None);
        };
        self.advance();
        let line = line.trim();
        if let Some(path) = line.strip_prefix(ADD) {
            let path = named(number, path)?;
            let content = self.content()?;
            return Ok(Some(Operation::Add { path, content }));
        }
        if let Some(path) = line.strip_prefix(DELETE) {
            let path = named(number, path)?;
            return Ok(Some(Operation::Delete { path }));
        }
        if let Some(path) = line.strip_prefix(UPDATE) {
            return self.update(number, named(number, path)?).map(Some);
        }
        Err(Malformed::new(
            number,
            format!(
                "`{line}` is not expected here: a file begins with `{ADD} <path>`, \
                 `{UPDATE} <path>` or `{DELETE} <path>`"
            ),
        ))
    }

    /// The lines of a new file. An empty line that lost its mark is an empty line; after the last
    /// one it is nothing.
    fn content(&mut self) -> Result<String, Malformed> {
        let mut content = String::new();
        let mut empty = 0;
        while let Some((number, line)) = self.peek() {
            if is_file_header(line.trim()) {
                break;
            }
            if let Some(text) = line.strip_prefix('+') {
                content.extend(std::iter::repeat_n('\n', empty));
                empty = 0;
                content.push_str(text);
                content.push('\n');
            } else if line.trim().is_empty() {
                empty += 1;
            } else if line == NO_NEWLINE && content.ends_with('\n') {
                content.pop();
            } else {
                let reason =
                    format!("every line of a new file begins with `+`, this one is `{line}`");
                return Err(Malformed::new(number, reason));
            }
            self.advance();
        }
        Ok(content)
    }

    fn update(&mut self, number: usize, path: &'a str) -> Result<Operation<'a>, Malformed> {
        let mut move_to = None;
        if let Some((number, line)) = self.peek()
            && let Some(path) = line.trim().strip_prefix(MOVE)
        {
            move_to = Some(named(number, path)?);
            self.advance();
        }
        let mut hunks = Vec::new();
        while let Some(hunk) = self.hunk(hunks.is_empty())? {
            hunks.push(hunk);
        }
        if hunks.is_empty() && move_to.is_none() {
            let reason = format!("the update of {path} has no hunk");
            return Err(Malformed::new(number, reason));
        }
        Ok(Operation::Update {
            path,
            move_to,
            hunks,
        })
    }

    /// A hunk: its headers, of which the first hunk may have none, its lines, its end.
    fn hunk(&mut self, is_first: bool) -> Result<Option<Hunk<'a>>, Malformed> {
        while self.peek().is_some_and(|(_, line)| is_unmarked(line)) {
            self.advance();
        }
        let Some((number, line)) = self.peek().filter(|(_, line)| !is_file_header(line)) else {
            return Ok(None);
        };
        if !is_first && !line.starts_with("@@") {
            let reason = format!("after `{END_OF_FILE}` comes `@@` or another file, not `{line}`");
            return Err(Malformed::new(number, reason));
        }
        let mut hunk = Hunk {
            patch_line: number,
            ..Hunk::default()
        };
        while let Some((_, line)) = self.peek().filter(|(_, line)| line.starts_with("@@")) {
            let header = Header::of(line);
            hunk.has_line_numbers |= header.has_line_numbers;
            hunk.headers.extend(header.text);
            self.advance();
        }
        self.hunk_lines(&mut hunk)?;
        // An empty line between two hunks is one of them only if the file has it.
        if hunk.lines.iter().all(|line| line.is_unmarked) {
            let reason = "the hunk has no lines: they begin with a blank, `-` or `+`";
            return Err(Malformed::new(number, reason));
        }
        Ok(Some(hunk))
    }

    fn hunk_lines(&mut self, hunk: &mut Hunk<'a>) -> Result<(), Malformed> {
        while let Some((number, line)) = self.peek() {
            if line.starts_with("@@") || is_file_header(line) {
                break;
            }
            self.advance();
            if line.trim_end() == END_OF_FILE {
                hunk.at_end_of_file = true;
                break;
            }
            if line.starts_with(NO_NEWLINE)
                && let Some(last) = hunk.lines.last_mut()
            {
                last.lacks_newline = true;
                continue;
            }
            hunk.lines.push(hunk_line(number, line)?);
        }
        Ok(())
    }
}

fn hunk_line(number: usize, line: &str) -> Result<HunkLine<'_>, Malformed> {
    let mut marks = line.chars();
    let kind = match marks.next() {
        None | Some(' ' | '\r') => LineKind::Context,
        Some('-') => LineKind::Delete,
        Some('+') => LineKind::Add,
        Some(_) => {
            let reason = format!(
                "a line of a hunk begins with a blank (context), `-` or `+`, a hunk with `@@`; \
                 this one is `{line}`"
            );
            return Err(Malformed::new(number, reason));
        }
    };
    Ok(HunkLine {
        kind,
        text: if is_unmarked(line) {
            line
        } else {
            marks.as_str()
        },
        lacks_newline: false,
        is_unmarked: is_unmarked(line),
    })
}

fn is_unmarked(line: &str) -> bool {
    matches!(line, "" | "\r")
}

fn is_file_header(line: &str) -> bool {
    [ADD, DELETE, UPDATE]
        .iter()
        .any(|header| line.starts_with(header))
}

fn named(number: usize, path: &str) -> Result<&str, Malformed> {
    let path = path.trim();
    if path.is_empty() {
        return Err(Malformed::new(number, "the path is missing"));
    }
    Ok(path)
}

/// What stands after `@@`.
struct Header<'a> {
    text: Option<&'a str>,
    has_line_numbers: bool,
}

impl<'a> Header<'a> {
    fn of(line: &'a str) -> Self {
        let text = line.strip_prefix("@@").unwrap_or(line).trim();
        let (numbers, after) = text.split_once("@@").unwrap_or((text, ""));
        let has_line_numbers = is_line_numbers(numbers.trim());
        let text = if has_line_numbers {
            after.trim()
        } else {
            text.strip_suffix("@@").unwrap_or(text).trim_end()
        };
        Self {
            text: Some(text).filter(|text| !matches!(*text, "" | "..." | "\u{2026}")),
            has_line_numbers,
        }
    }
}

/// Whether a text is like `-1,3 +1,4`, as unified diffs have it.
fn is_line_numbers(text: &str) -> bool {
    let is_range = |part: &str, mark: char| {
        part.strip_prefix(mark).is_some_and(|numbers| {
            !numbers.is_empty() && numbers.split(',').all(|n| n.parse::<u64>().is_ok())
        })
    };
    text.split_once(' ')
        .is_some_and(|(old, new)| is_range(old, '-') && is_range(new.trim_start(), '+'))
}

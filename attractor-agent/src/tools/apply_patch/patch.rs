//! What a patch says, before anybody has looked at a file.

use crate::tools::text::lines::Ending;

/// A patch: what to do with which file, in its order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Patch<'a> {
    pub(super) operations: Vec<Operation<'a>>,
}

/// What to do with one file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Operation<'a> {
    /// A whole file.
    Add { path: &'a str, content: String },
    /// A file that goes.
    Delete { path: &'a str },
    /// Changes in a file, which may get another path.
    Update {
        path: &'a str,
        move_to: Option<&'a str>,
        hunks: Vec<Hunk<'a>>,
    },
}

impl<'a> Operation<'a> {
    /// The paths that it touches.
    pub(super) fn paths(&self) -> impl Iterator<Item = &'a str> {
        let (path, other) = match self {
            Self::Add { path, .. } | Self::Delete { path } => (*path, None),
            Self::Update { path, move_to, .. } => (*path, *move_to),
        };
        std::iter::once(path).chain(other)
    }
}

/// One change with what surrounds it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Hunk<'a> {
    /// Lines of the file that precede it, outermost first.
    pub(super) headers: Vec<&'a str>,
    pub(super) lines: Vec<HunkLine<'a>>,
    /// Whether it ends where the file ends.
    pub(super) at_end_of_file: bool,
    /// Whether a header had line numbers. They are never used: models can't count.
    pub(super) has_line_numbers: bool,
    /// Where it begins in the patch, from 1.
    pub(super) patch_line: usize,
}

/// A line of a hunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HunkLine<'a> {
    pub(super) kind: LineKind,
    /// The text without the mark before it. A carriage return at its end is part of it: the patch's
    /// own lines end otherwise.
    pub(super) text: &'a str,
    /// Whether `\ No newline at end of file` follows.
    pub(super) lacks_newline: bool,
    /// An empty line without its mark: context if the file has it, else nothing.
    pub(super) is_unmarked: bool,
}

impl<'a> HunkLine<'a> {
    /// Whether the file must have it.
    pub(super) fn is_old(&self) -> bool {
        self.kind != LineKind::Add
    }

    /// The text without a carriage return that belongs to its ending.
    pub(super) fn body(&self) -> &'a str {
        match self.ending() {
            Ending::Crlf => &self.text[..self.text.len() - 1],
            _ => self.text,
        }
    }

    /// How it ends, in a hunk that tells.
    pub(super) fn ending(&self) -> Ending {
        if self.text.ends_with('\r') && !self.lacks_newline {
            Ending::Crlf
        } else {
            Ending::Lf
        }
    }
}

/// What a line of a hunk is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineKind {
    Context,
    Delete,
    Add,
}

impl<'a> Hunk<'a> {
    /// The lines that the file must have.
    pub(super) fn old(&self) -> impl DoubleEndedIterator<Item = &HunkLine<'a>> + Clone {
        self.lines.iter().filter(|line| line.is_old())
    }

    /// The lines that the file gets.
    pub(super) fn added(&self) -> impl Iterator<Item = &HunkLine<'a>> + Clone {
        self.lines.iter().filter(|line| !line.is_old())
    }

    /// Whether its lines say by themselves how they end.
    pub(super) fn has_endings(&self) -> bool {
        self.lines.iter().any(|line| line.text.ends_with('\r'))
    }

    /// Whether it only adds lines and names no place: they go to the end of the file.
    pub(super) fn is_appended(&self) -> bool {
        self.headers.is_empty() && !self.has_line_numbers && self.old().next().is_none()
    }
}

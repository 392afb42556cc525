//! Text that comes in pieces -> text and reasoning; pure.

use std::sync::Arc;

use super::Tags;

/// A stretch of the answer, never empty.
#[derive(Debug, PartialEq)]
pub(super) enum Piece {
    Text(String),
    Thinking(String),
    /// A tag: what follows is a segment of its own.
    Boundary,
}

/// Splits one text.
#[derive(Debug)]
pub(super) struct Splitter {
    tags: Arc<Tags>,
    inside: bool,
    /// Whether there was a tag, or the text began inside a block.
    found: bool,
    /// Whether anything but whitespace came since the last tag.
    visible: bool,
    /// Whether text of the answer came, so that whitespace after a block parts words.
    answered: bool,
    /// Whitespace that goes if a tag follows.
    blank: String,
    /// What may be the beginning of a tag.
    partial: String,
}

impl Splitter {
    pub(super) fn new(tags: Arc<Tags>, is_first: bool) -> Self {
        let inside = tags.begins_inside && is_first;
        Self {
            tags,
            inside,
            found: inside,
            visible: false,
            answered: false,
            blank: String::new(),
            partial: String::new(),
        }
    }

    /// Whether the text has a block.
    pub(super) fn found(&self) -> bool {
        self.found
    }

    /// Takes more text.
    pub(super) fn push(&mut self, text: &str, pieces: &mut Vec<Piece>) {
        let all = std::mem::take(&mut self.partial) + text;
        let mut rest = all.as_str();
        while let Some((before, after)) = rest.split_once(self.tag()) {
            self.stretch(before, pieces);
            self.blank.clear();
            self.inside = !self.inside;
            self.found = true;
            self.visible = false;
            pieces.push(Piece::Boundary);
            rest = after;
        }
        let (certain, partial) = rest.split_at(rest.len() - self.partial_tag(rest));
        self.stretch(certain, pieces);
        self.partial.push_str(partial);
    }

    /// The text is over: what was held back is what it looks like.
    pub(super) fn finish(&mut self, pieces: &mut Vec<Piece>) {
        let partial = std::mem::take(&mut self.partial);
        self.stretch(&partial, pieces);
        let blank = std::mem::take(&mut self.blank);
        if !self.found {
            self.emit(blank, pieces);
        }
    }

    /// The tag that ends this stretch.
    fn tag(&self) -> &str {
        match self.inside {
            true => &self.tags.close,
            false => &self.tags.open,
        }
    }

    /// How many bytes at the end of a text without the tag may be its beginning.
    fn partial_tag(&self, text: &str) -> usize {
        let (text, tag) = (text.as_bytes(), self.tag().as_bytes());
        let longest = text.len().min(tag.len() - 1);
        let lengths = (1..=longest).rev();
        let mut fitting = lengths.filter(|&length| text.ends_with(&tag[..length]));
        fitting.next().unwrap_or(0)
    }

    /// Gives out text between tags, but keeps whitespace that goes if a tag follows.
    fn stretch(&mut self, text: &str, pieces: &mut Vec<Piece>) {
        if self.visible && !self.inside {
            return self.emit(text.to_owned(), pieces);
        }
        let solid = text.trim_ascii_end();
        if solid.is_empty() {
            self.blank.push_str(text);
            return;
        }
        // Whitespace at the end of an answer is the answer's.
        let (told, kept) = match self.inside {
            true => text.split_at(solid.len()),
            false => (text, ""),
        };
        let mut told = std::mem::take(&mut self.blank) + told;
        if !self.visible && (self.inside || self.found && !self.answered) {
            told = told.trim_ascii_start().to_owned();
        }
        self.visible = true;
        self.answered |= !self.inside;
        self.blank.push_str(kept);
        self.emit(told, pieces);
    }

    fn emit(&self, text: String, pieces: &mut Vec<Piece>) {
        if !text.is_empty() {
            pieces.push(match self.inside {
                true => Piece::Thinking(text),
                false => Piece::Text(text),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(begins_inside: bool) -> Arc<Tags> {
        Tags::named("think", begins_inside)
    }

    /// Text without brackets, reasoning in brackets, a boundary as `|`.
    fn split(chunks: &[&str], begins_inside: bool) -> String {
        let mut splitter = Splitter::new(tags(begins_inside), true);
        let mut pieces = Vec::new();
        for chunk in chunks {
            splitter.push(chunk, &mut pieces);
        }
        splitter.finish(&mut pieces);
        let mut shown = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => shown.push_str(&text),
                Piece::Thinking(text) => shown.extend(text.chars().flat_map(char::to_uppercase)),
                Piece::Boundary => shown.push('|'),
            }
        }
        shown
    }

    const CASES: &[(&str, &str)] = &[
        ("no tags here", "no tags here"),
        ("  spaces stay  ", "  spaces stay  "),
        (" \n ", " \n "),
        ("<think>a b</think>c", "|A B|c"),
        ("\n<think>\n a b \n</think>\n\nc d\n", "|A B|c d\n"),
        ("c <think>a</think> d", "c |A| d"),
        ("c<think>a</think> \n<think>b</think> \n", "c|A||B|"),
        ("<think>a</think> <think>b</think> c", "|A||B|c"),
        ("c<think>a</think>d<think>b</think>e", "c|A|d|B|e"),
        ("<think>never closed ", "|NEVER CLOSED"),
        ("<think>\n\n</think>\n\nc", "||c"),
        ("<think></think>", "||"),
        ("<think>a < b </thin </think>c", "|A < B </THIN|c"),
        ("a < b <thin", "a < b <thin"),
        ("</think>c", "</think>c"),
        ("<think>ä</think>ö<think>ü", "|Ä|ö|Ü"),
        ("<<think>a</think><", "<|A|<"),
    ];

    #[test]
    fn blocks_become_reasoning_without_the_whitespace_around_them() {
        for (text, expected) in CASES {
            assert_eq!(split(&[text], false), *expected, "{text:?}");
        }
    }

    #[test]
    fn a_text_is_split_alike_wherever_its_deltas_end() {
        for (text, expected) in CASES {
            let single: Vec<_> = text.split_inclusive(|_| true).collect();
            assert_eq!(
                split(&single, false),
                *expected,
                "{text:?} by the character"
            );
            let ends = (0..=text.len()).filter(|&at| text.is_char_boundary(at));
            for (first, second) in ends.map(|at| text.split_at(at)) {
                assert_eq!(
                    split(&[first, second], false),
                    *expected,
                    "{first:?} {second:?}"
                );
            }
        }
    }

    #[test]
    fn a_text_may_begin_inside_a_block() {
        assert_eq!(split(&["\na</th", "ink>\nc"], true), "A|c");
        assert_eq!(split(&["a", " b"], true), "A B");
    }
}

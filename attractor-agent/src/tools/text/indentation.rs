//! How the indentation of two texts differs, where it differs by one rule throughout.

/// The rule by which the indentation of a file differs from that of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tools) enum Shift<'a> {
    /// It doesn't.
    Same,
    /// The file has this in front of every line.
    Deeper(&'a [u8]),
    /// The text has this in front of every line.
    Shallower(&'a [u8]),
    /// The file has a tab for each so many spaces of the text.
    Tabs(usize),
    /// The file has so many spaces for each tab of the text.
    Spaces(usize),
}

impl<'a> Shift<'a> {
    /// The rule that holds for all pairs of a line of the file and the same line of the text;
    /// nothing where no rule does. Lines of blanks only say nothing.
    pub(in crate::tools) fn between(
        pairs: impl Iterator<Item = (&'a [u8], &'a [u8])> + Clone,
    ) -> Option<Self> {
        let indentations = pairs
            .filter(|(file, _)| !file.trim_ascii().is_empty())
            .map(|(file, text)| (indentation(file), indentation(text)));
        let (file, text) = indentations
            .clone()
            .find(|(file, text)| file != text)
            .or(Some((b"", b"")))?;
        let rule = Self::of(file, text)?;
        let holds = |(file, text): (&[u8], &[u8])| rule.shifted(text).as_deref() == Some(file);
        indentations.clone().all(holds).then_some(rule)
    }

    /// A line of the text with the indentation that the file would give it; nothing where the
    /// rule doesn't say.
    pub(in crate::tools) fn apply(self, line: &[u8]) -> Option<Vec<u8>> {
        if line.trim_ascii().is_empty() {
            return Some(line.to_vec());
        }
        let text = indentation(line);
        Some([&self.shifted(text)?, &line[text.len()..]].concat())
    }

    fn of(file: &'a [u8], text: &'a [u8]) -> Option<Self> {
        if file == text {
            return Some(Self::Same);
        }
        if let Some(more) = file.strip_suffix(text) {
            return Some(Self::Deeper(more));
        }
        if let Some(more) = text.strip_suffix(file) {
            return Some(Self::Shallower(more));
        }
        let only = |part: &[u8], byte: u8| part.iter().all(|other| *other == byte);
        let ratio = |spaces: usize, tabs: usize| spaces.is_multiple_of(tabs).then(|| spaces / tabs);
        if only(file, b'\t') && only(text, b' ') {
            return ratio(text.len(), file.len()).map(Self::Tabs);
        }
        if only(file, b' ') && only(text, b'\t') {
            return ratio(file.len(), text.len()).map(Self::Spaces);
        }
        None
    }

    fn shifted(self, text: &[u8]) -> Option<Vec<u8>> {
        let only = |byte: u8| text.iter().all(|other| *other == byte);
        match self {
            Self::Same => Some(text.to_vec()),
            Self::Deeper(more) => Some([more, text].concat()),
            Self::Shallower(more) => text.strip_prefix(more).map(<[u8]>::to_vec),
            Self::Tabs(width) => (only(b' ') && text.len().is_multiple_of(width))
                .then(|| vec![b'\t'; text.len() / width]),
            Self::Spaces(width) => only(b'\t').then(|| vec![b' '; text.len() * width]),
        }
    }
}

/// The blanks that a line begins with.
pub(in crate::tools) fn indentation(line: &[u8]) -> &[u8] {
    let blanks = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t'));
    &line[..blanks.count()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shifted(pairs: &[(&str, &str)], line: &str) -> Option<String> {
        let pairs = pairs
            .iter()
            .map(|(file, text)| (file.as_bytes(), text.as_bytes()));
        let line = Shift::between(pairs)?.apply(line.as_bytes())?;
        Some(String::from_utf8(line).unwrap())
    }

    #[test]
    fn a_line_takes_the_indentation_of_the_file() {
        let cases = [
            (
                vec![("    a", "a"), ("      b", "  b")],
                "  c",
                Some("      c"),
            ),
            (vec![("a", "    a")], "      c", Some("  c")),
            (vec![("a", "    a")], "  c", None),
            (
                vec![("\ta", "    a"), ("\t\tb", "        b")],
                "            c",
                Some("\t\t\tc"),
            ),
            (vec![("\ta", "    a")], "      c", None),
            (
                vec![("a", "a"), ("    b", "\tb")],
                "\t\tc",
                Some("        c"),
            ),
            (vec![("a", "a"), ("", "  ")], "  c", Some("  c")),
            (vec![("  a", "a"), ("b", "b")], "c", None),
        ];
        for (pairs, line, expected) in cases {
            assert_eq!(
                shifted(&pairs, line).as_deref(),
                expected,
                "{pairs:?} {line:?}"
            );
        }
    }
}

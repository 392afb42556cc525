//! What is done to a source before the parser gets it: limits, and what the parser lacks.

use attractor_core::{Diagnostic, Span};

use super::note;

/// Longest source, in bytes: what people draw is far below.
const MAX_BYTES: usize = 1024 * 1024;

/// Deepest nesting of braces. The parser's time doubles with each level.
const MAX_DEPTH: usize = 8;

/// Attributes in one list, whose time is quadratic.
const MAX_ATTRIBUTES: usize = 1_000;

/// What stands in empty brackets, which the parser doesn't take.
pub(super) const NOTHING: &str = "x__nothing";

/// A source that the parser may have.
pub(super) struct Prepared {
    pub(super) text: String,
    pub(super) notes: Vec<Diagnostic>,
}

impl Prepared {
    /// Lines at the beginning in which nothing is; the parser takes none.
    pub(super) fn blank_lines(&self) -> usize {
        let blank = self.text.len() - self.text.trim_start().len();
        self.text[..blank].matches('\n').count()
    }
}

/// Bounds a source; HTML labels become texts; ports and lines that begin with `#` go.
/// Lines stay where they were.
pub(super) fn prepare(source: &str) -> Result<Prepared, Vec<Diagnostic>> {
    if source.len() > MAX_BYTES {
        let message = format!("a Graphviz file to import has at most {MAX_BYTES} bytes");
        return Err(vec![Diagnostic::error("size_limit", message)]);
    }
    let mut scan = Scan {
        rest: source.trim_start_matches('\u{feff}'),
        source,
        text: String::with_capacity(source.len()),
        depth: 0,
        attributes: 0,
        html: 0,
        ports: 0,
    };
    while !scan.rest.is_empty() {
        scan.step()?;
    }
    let mut notes = Vec::new();
    if scan.html > 0 {
        notes.push(note(format!(
            "HTML labels became plain texts: {}",
            scan.html
        )));
    }
    if scan.ports > 0 {
        notes.push(note(format!("names of ports are gone: {}", scan.ports)));
    }
    Ok(Prepared {
        text: scan.text,
        notes,
    })
}

struct Scan<'a> {
    source: &'a str,
    rest: &'a str,
    text: String,
    depth: usize,
    /// In the list that is open.
    attributes: usize,
    html: usize,
    ports: usize,
}

impl Scan<'_> {
    fn step(&mut self) -> Result<(), Vec<Diagnostic>> {
        let line_begins = self.text.is_empty() || self.text.ends_with('\n');
        let rest = self.rest;
        if rest.starts_with("//") || rest.starts_with('#') && line_begins {
            self.skip(rest.find('\n').unwrap_or(rest.len()));
        } else if rest.starts_with("/*") {
            let length = rest.find("*/").map_or(rest.len(), |at| at + 2);
            self.text.push(' ');
            self.skip(length);
        } else if rest.starts_with('"') {
            self.keep(quoted_length(rest));
        } else if rest.starts_with('<') {
            self.html_label();
        } else if let Some(after) = rest.strip_prefix(':') {
            self.port(after.trim_start());
        } else if let Some(after) = rest.strip_prefix('[').map(str::trim_start)
            && after.starts_with(']')
        {
            self.text.push_str(&format!("[{NOTHING}=0]"));
            self.skip(rest.len() - after.len() + 1);
        } else {
            self.sign(rest)?;
        }
        Ok(())
    }

    fn sign(&mut self, rest: &str) -> Result<(), Vec<Diagnostic>> {
        let first = rest.chars().next().unwrap_or_default();
        let at = self.source.len() - rest.len();
        let refused = |message: String| {
            let place = Span::new(at, at + first.len_utf8());
            Err(vec![
                Diagnostic::error("size_limit", message).at(Some(place)),
            ])
        };
        match first {
            '{' => self.depth += 1,
            '}' => self.depth = self.depth.saturating_sub(1),
            '[' => self.attributes = 0,
            '=' => self.attributes += 1,
            _ => {}
        }
        if self.depth > MAX_DEPTH {
            return refused(format!("braces are nested deeper than {MAX_DEPTH} levels"));
        }
        if self.attributes > MAX_ATTRIBUTES && self.text.rfind('[') > self.text.rfind(']') {
            return refused(format!("more than {MAX_ATTRIBUTES} attributes in one list"));
        }
        self.keep(first.len_utf8());
        Ok(())
    }

    /// A port goes: the parser reads `:ne` as `:n` and a node `e`.
    fn port(&mut self, after: &str) {
        let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-');
        let name = if after.starts_with('"') {
            quoted_length(after)
        } else {
            let arrow = after.find("->").unwrap_or(after.len());
            let end = after.find(|c| !word(c)).unwrap_or(after.len());
            end.min(arrow)
        };
        self.ports += 1;
        self.skip(self.rest.len() - after.len() + name);
    }

    /// An HTML label as a text in quotes.
    fn html_label(&mut self) {
        let mut open = 0usize;
        let end = self.rest.find(|c| {
            match c {
                '<' => open += 1,
                '>' => open -= 1,
                _ => {}
            }
            open == 0
        });
        let Some(end) = end else {
            return self.keep(1);
        };
        let label = plain(&self.rest[1..end]);
        self.text.push('"');
        self.text
            .push_str(&label.replace('\\', "\\\\").replace('"', "\\\""));
        self.text.push('"');
        self.html += 1;
        self.skip(end + 1);
    }

    fn keep(&mut self, length: usize) {
        self.text.push_str(&self.rest[..length]);
        self.rest = &self.rest[length..];
    }

    /// Drops a piece, but for its line ends.
    fn skip(&mut self, length: usize) {
        let lines = self.rest[..length].matches('\n').count();
        self.text.extend(std::iter::repeat_n('\n', lines));
        self.rest = &self.rest[length..];
    }
}

/// Length of a text in quotes, quotes included.
fn quoted_length(rest: &str) -> usize {
    let mut escaped = false;
    let closing = rest.char_indices().skip(1).find(|(_, c)| {
        let closes = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        closes
    });
    closing.map_or(rest.len(), |(at, _)| at + 1)
}

/// The text of an HTML label: no tags, the usual entities, one blank for many.
fn plain(html: &str) -> String {
    let mut text = String::new();
    for (number, part) in html.split('<').enumerate() {
        let shown = match part.split_once('>') {
            Some((tag, shown)) if number > 0 => {
                text.push_str(if tag.starts_with("br") { "\n" } else { " " });
                shown
            }
            _ => part,
        };
        text.push_str(shown);
    }
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "'"),
        ("&amp;", "&"),
    ];
    for (entity, sign) in entities {
        text = text.replace(entity, sign);
    }
    let lines = text.lines();
    let lines: Vec<String> = lines
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|line| !line.is_empty())
        .collect();
    lines.join(" ")
}

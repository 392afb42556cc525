use std::fmt;
use std::mem;

use super::{Patterns, Scrubber};

/// Takes the values of secrets out of text or bytes that come in pieces.
///
/// What may be the beginning of a value is held back until it's known; everything else is passed on at
/// once.
///
/// ```
/// use attractor_server::secrets::{Scrubber, SecretEnvironment};
///
/// let secrets = SecretEnvironment::from([("API_KEY".to_owned(), "sk-12345".into())]);
/// let mut stream = Scrubber::new(&secrets).stream();
/// assert_eq!(stream.push_text("the key is sk-1"), "the key is ");
/// assert_eq!(stream.push_text("2345, you see"), "[secret API_KEY], you see");
/// assert_eq!(stream.finish_text(), "");
/// ```
pub struct ScrubStream {
    scrubber: Scrubber,
    held: Vec<u8>,
}

impl ScrubStream {
    pub(super) fn new(scrubber: Scrubber) -> Self {
        Self {
            scrubber,
            held: Vec::new(),
        }
    }

    /// The next piece: what can be passed on.
    pub fn push(&mut self, piece: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(piece);
        let open = self.scrubber.0.open_from(&self.held);
        self.pass_on(open)
    }

    /// The end: what was held back.
    pub fn finish(&mut self) -> Vec<u8> {
        self.pass_on(self.held.len())
    }

    /// The next piece of a text.
    pub fn push_text(&mut self, piece: &str) -> String {
        text(self.push(piece.as_bytes()))
    }

    /// The end of a text.
    pub fn finish_text(&mut self) -> String {
        text(self.finish())
    }

    /// Passes on what is before `open`, and values that begin there.
    fn pass_on(&mut self, open: usize) -> Vec<u8> {
        let Some(automaton) = &self.scrubber.0.automaton else {
            return mem::take(&mut self.held);
        };
        let mut passed = Vec::with_capacity(open);
        let mut done = 0;
        for found in automaton.find_iter(&self.held) {
            if found.start() >= open {
                break;
            }
            passed.extend_from_slice(&self.held[done..found.start()]);
            let replacement = &self.scrubber.0.replacements[found.pattern().as_usize()];
            passed.extend_from_slice(replacement.as_bytes());
            done = found.end();
        }
        passed.extend_from_slice(&self.held[done..open.max(done)]);
        self.held.drain(..open.max(done));
        passed
    }
}

/// Values are whole characters, so what is between them is, too.
fn text(bytes: Vec<u8>) -> String {
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    }
}

impl Patterns {
    /// From where on the bytes may be the beginning of a value that isn't whole yet: the length, if they
    /// can't be.
    fn open_from(&self, bytes: &[u8]) -> usize {
        let longest = self.sorted.iter().map(Vec::len).max().unwrap_or(0);
        let from = bytes.len().saturating_sub(longest.saturating_sub(1));
        (from..bytes.len())
            .find(|at| self.begins_with(&bytes[*at..]))
            .unwrap_or(bytes.len())
    }

    /// Whether a value begins with that and is longer.
    fn begins_with(&self, beginning: &[u8]) -> bool {
        let next = self
            .sorted
            .partition_point(|form| form.as_slice() <= beginning);
        self.sorted
            .get(next)
            .is_some_and(|form| form.starts_with(beginning))
    }
}

impl fmt::Debug for ScrubStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What is held back may be a part of a value.
        f.debug_struct("ScrubStream")
            .field("scrubber", &self.scrubber)
            .field("held", &self.held.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::SecretEnvironment;

    fn scrubber() -> Scrubber {
        let secrets = [
            ("A", "secret-1"),
            ("B", "secret-1234"),
            ("C", "tsecret-99"),
            ("D", "sssssst"),
        ];
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.into());
        Scrubber::new(&secrets.into_iter().map(own).collect::<SecretEnvironment>())
    }

    #[test]
    fn wherever_a_text_is_cut_the_same_is_passed_on() {
        let scrubber = scrubber();
        let text = "ä secret-12 secret-1234secret-1 tsecret-9 tsecret-99 ssssssssst secret-";
        let whole = scrubber.text(text).into_owned();
        for size in 1..=text.len() {
            let mut stream = scrubber.stream();
            let mut passed = Vec::new();
            for piece in text.as_bytes().chunks(size) {
                passed.extend(stream.push(piece));
            }
            passed.extend(stream.finish());
            assert_eq!(
                String::from_utf8(passed).unwrap(),
                whole,
                "pieces of {size} bytes"
            );
        }
    }

    #[test]
    fn only_what_may_become_a_value_is_held_back() {
        let mut stream = scrubber().stream();
        assert_eq!(stream.push_text("nothing to see"), "nothing to see");
        assert_eq!(stream.push_text(" here: sec"), " here: ");
        assert_eq!(stream.push_text("tor 7"), "sector 7");
        assert_eq!(stream.push_text(" ends with sec"), " ends with ");
        assert_eq!(stream.finish_text(), "sec");
    }

    #[test]
    fn without_secrets_everything_is_passed_on() {
        let mut stream = Scrubber::new(&SecretEnvironment::new()).stream();
        assert_eq!(stream.push_text("anything"), "anything");
        assert_eq!(stream.finish_text(), "");
    }
}

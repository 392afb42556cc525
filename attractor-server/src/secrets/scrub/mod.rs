//! Takes the values of secrets out of what a run says.

mod forms;
mod json;
mod stream;

pub use self::stream::ScrubStream;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};
use serde_json::Value;

use self::forms::forms;
use super::SecretEnvironment;

/// Replaces the values of secrets by the names of their variables, wherever they occur in a text, in
/// JSON or in a stream: as they are, in Base64 (also in the midst of a longer text that was encoded as
/// a whole), encoded for a URL, and escaped for JSON. Of values with several lines each longer line is
/// replaced, too.
///
/// Values with fewer than six characters are left alone: they would be found everywhere. What a program
/// has turned round, cut into pieces or encoded otherwise isn't found: it's a net, not a wall.
///
/// ```
/// use attractor_server::secrets::{Scrubber, SecretEnvironment};
///
/// let secrets = SecretEnvironment::from([("API_KEY".to_owned(), "sk-12345".into())]);
/// let scrubber = Scrubber::new(&secrets);
/// assert_eq!(scrubber.text("curl -H 'key: sk-12345'"), "curl -H 'key: [secret API_KEY]'");
/// ```
#[derive(Clone)]
pub struct Scrubber(Arc<Patterns>);

/// What is looked for.
struct Patterns {
    automaton: Option<AhoCorasick>,
    /// What takes each pattern's place.
    replacements: Vec<String>,
    /// All patterns, sorted, to know what a stream's end may be the beginning of.
    sorted: Vec<Vec<u8>>,
}

impl Scrubber {
    /// Looks for the values of these secrets.
    pub fn new(secrets: &SecretEnvironment) -> Self {
        let mut found: Vec<(Vec<u8>, String)> = Vec::new();
        for (variable, value) in secrets {
            let replacement = format!("[secret {variable}]");
            let all = forms(value).into_iter();
            found.extend(all.map(|form| (form, replacement.clone())));
        }
        found.sort();
        found.dedup_by(|one, other| one.0 == other.0);
        let (sorted, replacements): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(&sorted);
        Self(Arc::new(Patterns {
            // Only billions of states can't be built: 256 KiB a secret are far from it.
            automaton: automaton.ok().filter(|_| !sorted.is_empty()),
            replacements,
            sorted,
        }))
    }

    /// A text without the values; the same text if there are none in it.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match &self.0.automaton {
            Some(automaton) if automaton.is_match(text) => {
                Cow::Owned(automaton.replace_all(text, &self.0.replacements))
            }
            _ => Cow::Borrowed(text),
        }
    }

    /// Bytes without the values; the same bytes if there are none in them.
    pub fn bytes<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        match &self.0.automaton {
            Some(automaton) if automaton.is_match(bytes) => {
                Cow::Owned(automaton.replace_all_bytes(bytes, &self.0.replacements))
            }
            _ => Cow::Borrowed(bytes),
        }
    }

    /// Takes the values out of all texts of a JSON value, and out of the names of its fields.
    pub fn json(&self, value: &mut Value) {
        json::scrub(self, value);
    }

    /// For text or bytes that come in pieces: finds values that begin in one and end in another.
    pub fn stream(&self) -> ScrubStream {
        ScrubStream::new(self.clone())
    }
}

impl fmt::Debug for Scrubber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let patterns = self.0.sorted.len();
        f.debug_struct("Scrubber")
            .field("patterns", &patterns)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use serde_json::json;

    use super::*;

    const KEY: &str = "sk-ant/a+b?c=\"ä\" d";
    const PEM: &str =
        "-----BEGIN KEY-----\nMIIEowIBAAKCAQEA0Z3\nVS5JJcds3xfn/ygWyF\n-----END KEY-----\n";

    fn scrubber() -> Scrubber {
        let secrets = [
            ("KEY", KEY),
            ("PEM", PEM),
            ("LONGER", "token-1234"),
            ("PART", "token-1"),
            ("SHORT", "abc12"),
        ];
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.into());
        Scrubber::new(&secrets.into_iter().map(own).collect())
    }

    #[test]
    fn a_value_is_found_in_every_form() {
        let mut url = url::Url::parse("https://x.example").unwrap();
        url.query_pairs_mut().append_pair("key", KEY);
        url.path_segments_mut().unwrap().push(KEY);
        for text in [
            KEY.to_owned(),
            json!(KEY).to_string(),
            STANDARD.encode(KEY),
            URL_SAFE_NO_PAD.encode(KEY),
            STANDARD.encode(format!("x-access-token:{KEY}")),
            STANDARD.encode(format!("u:{KEY}:and more")),
            STANDARD.encode(format!("us:{KEY}\n")),
            url.to_string(),
        ] {
            let scrubbed = scrubber()
                .text(&format!("before {text} after"))
                .into_owned();
            assert!(scrubbed.starts_with("before "), "{scrubbed}");
            assert!(scrubbed.ends_with(" after"), "{scrubbed}");
            assert!(scrubbed.contains("[secret KEY]"), "{text} -> {scrubbed}");
            assert!(!scrubbed.contains("ant"), "{scrubbed}");
        }
    }

    #[test]
    fn each_line_of_a_long_value_is_found() {
        let scrubber = scrubber();
        assert_eq!(scrubber.text(PEM), "[secret PEM]");
        let lines = "1: MIIEowIBAAKCAQEA0Z3\n2: VS5JJcds3xfn/ygWyF\n-----BEGIN KEY-----";
        assert_eq!(
            scrubber.text(lines),
            "1: [secret PEM]\n2: [secret PEM]\n-----BEGIN KEY-----"
        );
    }

    #[test]
    fn the_longest_value_is_taken_and_short_ones_are_left_alone() {
        let scrubber = scrubber();
        assert_eq!(
            scrubber.text("token-1234 token-12"),
            "[secret LONGER] [secret PART]2"
        );
        assert!(matches!(scrubber.text("abc12"), Cow::Borrowed("abc12")));
        assert_eq!(&*scrubber.bytes(b"\xff token-1"), b"\xff [secret PART]");
        let none = Scrubber::new(&SecretEnvironment::new());
        assert_eq!(none.text(KEY), KEY);
    }

    #[test]
    fn json_is_scrubbed_at_every_depth() {
        let mut value = json!({"a": [KEY, {"b token-1": [1, null, "x token-1234"]}], "c": true});
        scrubber().json(&mut value);
        assert_eq!(
            value,
            json!({"a": ["[secret KEY]", {"b [secret PART]": [1, null, "x [secret LONGER]"]}], "c": true})
        );
    }

    #[test]
    fn a_scrubber_shows_nothing() {
        assert!(!format!("{:?}", scrubber()).contains("token"));
    }
}

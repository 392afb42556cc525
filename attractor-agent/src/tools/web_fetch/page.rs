//! What a page says, as text; pure.

use encoding_rs::{Encoding, UTF_8};
use htmd::HtmlToMarkdown;

use super::nesting;

/// Elements that hold nothing to read.
const SKIPPED: [&str; 6] = ["script", "style", "noscript", "template", "svg", "iframe"];

/// The text of a body, or nothing for one that isn't text.
pub(super) fn text(content_type: &str, body: &[u8]) -> Option<String> {
    let (kind, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
    let kind = kind.trim().to_ascii_lowercase();
    if !is_text(&kind, body) {
        return None;
    }
    let text = decode(parameters, body);
    let is_html = kind == "text/html" || kind == "application/xhtml+xml";
    let is_markdown = is_html && nesting::is_tame(&text);
    Some(if is_markdown { markdown(&text) } else { text })
}

fn is_text(kind: &str, body: &[u8]) -> bool {
    let named = kind.starts_with("text/")
        || ["json", "xml", "javascript", "yaml", "toml", "x-sh"]
            .iter()
            .any(|name| kind.ends_with(name));
    let unknown = kind.is_empty() || kind == "application/octet-stream";
    (named || unknown) && memchr::memchr(0, body).is_none()
}

fn decode(parameters: &str, body: &[u8]) -> String {
    let charset = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let is_charset = name.trim().eq_ignore_ascii_case("charset");
        is_charset.then(|| value.trim().trim_matches('"'))
    });
    let encoding = charset.and_then(|label| Encoding::for_label(label.as_bytes()));
    let (text, _, _) = encoding.unwrap_or(UTF_8).decode(body);
    text.into_owned()
}

/// Markdown of HTML; the HTML itself where that fails.
fn markdown(html: &str) -> String {
    let converter = HtmlToMarkdown::builder()
        .skip_tags(SKIPPED.to_vec())
        .build();
    converter.convert(html).unwrap_or_else(|_| html.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_becomes_markdown_and_other_text_stays() {
        let html = "<title>T</title><style>a{}</style><h1>Head &amp; line</h1><p>See <a \
                    href=\"/x\">this</a>.<script>x()</script><pre><code>a\n  b</code></pre>";
        let text = text("text/html; charset=utf-8", html.as_bytes()).unwrap();
        for part in ["# Head & line", "See [this](/x).", "```\na\n  b\n```"] {
            assert!(text.contains(part), "{text}");
        }
        assert!(!text.contains("a{}") && !text.contains("x()"), "{text}");
        let json = super::text("application/vnd.api+json", b"{\"a\": 1}");
        assert_eq!(json.as_deref(), Some("{\"a\": 1}"));
    }

    #[test]
    fn the_charset_is_heeded_and_what_is_no_text_refused() {
        let latin = text("text/plain; charset=\"ISO-8859-1\"", b"caf\xe9");
        assert_eq!(latin.as_deref(), Some("café"));
        assert_eq!(text("image/png", b"\x89PNG"), None);
        assert_eq!(text("application/octet-stream", b"a\0b"), None);
    }
}

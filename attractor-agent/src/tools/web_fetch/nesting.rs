//! Whether a page can be turned into a tree and walked without harm; pure.
//!
//! The converter recurses, so a page that nests ten thousand elements would end the process; and
//! HTML repeats elements that were never closed in every block after them, so that a small page can
//! grow to a tree of any size.

use crate::limits;

/// Elements that may stay open for ever: the next one of their kind closes them, or they have no end.
const IMPLIED: [&str; 26] = [
    "area", "base", "br", "col", "colgroup", "dd", "dt", "embed", "hr", "img", "input", "li",
    "link", "meta", "optgroup", "option", "p", "param", "source", "tbody", "td", "tfoot", "th",
    "thead", "tr", "wbr",
];

/// Whether the elements nest no deeper, and make no more of them, than pages for people do.
pub(super) fn is_tame(html: &str) -> bool {
    let mut open = 0_usize;
    let mut nodes = 0_usize;
    for (at, _) in html.match_indices('<') {
        let rest = &html.as_bytes()[at + 1..];
        let (closes, rest) = match rest.strip_prefix(b"/") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let length = rest
            .iter()
            .take_while(|c| c.is_ascii_alphanumeric())
            .count();
        let name = &rest[..length.min(limits::LONGEST_IMPLIED_TAG)];
        let implied = IMPLIED
            .iter()
            .any(|it| it.as_bytes().eq_ignore_ascii_case(name));
        if length == 0 || !rest[0].is_ascii_alphabetic() {
            continue;
        }
        // Each element may come again with all that are open around it.
        nodes += 1 + open;
        match (closes, implied) {
            (true, false) => open = open.saturating_sub(1),
            (false, false) => open += 1,
            (_, true) => {}
        }
        if open > limits::PAGE_DEPTH || nodes > limits::PAGE_NODES {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_pages_are_tame_and_traps_are_not() {
        let paragraphs = "<div><p>a<br><img src=x><ul><li>b<li>c</ul></div>".repeat(5_000);
        assert!(is_tame(&paragraphs));
        assert!(is_tame("1 < 2 </ <3 <!-- -->"));
        assert!(!is_tame(&"<div>".repeat(10_000)));
        let formatting: String = (0..100).map(|n| format!("<b id={n}>")).collect();
        assert!(!is_tame(&format!("{formatting}{}", "<p>".repeat(100_000))));
    }
}

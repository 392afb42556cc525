//! A body as a fault leaves it.

use bytes::Bytes;

use super::fault::{BodyEnd, Fault};
use crate::cassette::Content;
use crate::testing::http::{Step, writes};

/// What a comment of a keep-alive looks like.
const COMMENT: &str = ": keep-alive\n";
const PING: &str = "event: ping\ndata: {\"type\": \"ping\"}\n\n";

/// The steps that send the content with the fault.
pub(super) fn steps(content: &Content, fault: Fault) -> Vec<Step> {
    let pieces = match content {
        Content::Events(events) => framed(events, fault),
        other => other.pieces(),
    };
    let (limit, last) = match fault.end {
        BodyEnd::Whole => (usize::MAX, None),
        BodyEnd::HeldOpen if !matches!(content, Content::Events(_)) => (usize::MAX, None),
        BodyEnd::HeldOpen => (usize::MAX, Some(Step::Hold)),
        BodyEnd::Ended(bytes) => (bytes, None),
        BodyEnd::Cut(bytes) => (bytes, Some(Step::Cut)),
        BodyEnd::Stalled(bytes) => (bytes, Some(Step::Hold)),
        BodyEnd::Reset(bytes) => (bytes, Some(Step::Reset)),
    };
    let mut room = limit;
    let mut steps = Vec::new();
    for piece in pieces {
        let sent = piece.slice(..piece.len().min(room));
        room -= sent.len();
        steps.extend(writes(&sent, fault.write_bytes));
    }
    steps.extend(last);
    steps
}

/// The events as they are framed on the wire.
pub(super) fn framed(events: &[String], fault: Fault) -> Vec<Bytes> {
    let last = events.len().saturating_sub(1);
    let framed = events.iter().enumerate().map(|(index, event)| {
        let mut text = event.clone();
        if fault.comments {
            text = commented(&text);
        }
        if let Some(line_end) = fault.line_end {
            text = text
                .replace("\r\n", "\n")
                .replace('\r', "\n")
                .replace('\n', line_end);
        }
        if index == last && (fault.no_last_blank_line || fault.end == BodyEnd::HeldOpen) {
            text.truncate(text.trim_end_matches(['\r', '\n']).len());
        }
        if index == last && !fault.no_last_blank_line && fault.end == BodyEnd::HeldOpen {
            // Who holds the connection open has sent the whole of the last event.
            text.push_str(&fault.line_end.unwrap_or("\n").repeat(2));
        }
        if fault.byte_order_mark && index == 0 && !text.starts_with('\u{feff}') {
            text.insert(0, '\u{feff}');
        }
        Bytes::from(text)
    });
    framed.collect()
}

/// The event with a comment before and in it, and a ping before it where events have names.
fn commented(event: &str) -> String {
    let named = event.starts_with("event:");
    let ping = if named { PING } else { "" };
    let inside = match event.split_once('\n') {
        Some((first, rest)) if named => format!("{first}\n{COMMENT}{rest}"),
        _ => format!("{COMMENT}{event}"),
    };
    // At the beginning of a stream a byte order mark must stay first.
    match inside.strip_prefix('\u{feff}') {
        Some(rest) => format!("\u{feff}{COMMENT}\n{rest}"),
        None => format!("{COMMENT}\n{ping}{inside}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(fault: Fault) -> String {
        let events = ["event: a\ndata: 1\n\n", "data: 2\n\n"].map(str::to_owned);
        String::from_utf8(framed(&events, fault).concat()).unwrap()
    }

    #[test]
    fn a_fault_changes_the_framing_and_not_the_data() {
        let none = Fault::none();
        let cases = [
            (none, "event: a\ndata: 1\n\ndata: 2\n\n"),
            (none.crlf(), "event: a\r\ndata: 1\r\n\r\ndata: 2\r\n\r\n"),
            (none.cr(), "event: a\rdata: 1\r\rdata: 2\r\r"),
            (
                none.byte_order_mark(),
                "\u{feff}event: a\ndata: 1\n\ndata: 2\n\n",
            ),
            (none.no_last_blank_line(), "event: a\ndata: 1\n\ndata: 2"),
            (
                none.comments(),
                ": keep-alive\n\nevent: ping\ndata: {\"type\": \"ping\"}\n\nevent: a\n: keep-alive\n\
                 data: 1\n\n: keep-alive\n\n: keep-alive\ndata: 2\n\n",
            ),
        ];
        for (fault, expected) in cases {
            assert_eq!(text(fault), expected, "{fault}");
        }
    }

    #[test]
    fn a_body_ends_where_the_fault_says() {
        let content = Content::Events(vec!["data: 1\n\n".to_owned(), "data: 2\n\n".to_owned()]);
        let send = |text: &'static str| Step::Send(Bytes::from(text));
        let (first, second) = (send("data: 1\n\n"), send("data"));
        let none = Fault::none();
        let cases = [
            (none.ended_after(13), vec![first.clone(), second.clone()]),
            (
                none.cut_after(13),
                vec![first.clone(), second.clone(), Step::Cut],
            ),
            (none.reset_after(9), vec![first.clone(), Step::Reset]),
            (none.stalled_after(13), vec![first, second, Step::Hold]),
            (none.split(3).ended_after(4), vec![send("dat"), send("a")]),
        ];
        for (fault, expected) in cases {
            assert_eq!(steps(&content, fault), expected, "{fault}");
        }
        let open = Content::Events(vec!["data: 1".to_owned()]);
        assert_eq!(
            steps(&open, none.held_open()),
            [send("data: 1\n\n"), Step::Hold]
        );
        let json = Content::Json(1.into());
        assert_eq!(steps(&json, none.held_open()), [send("1")]);
    }
}

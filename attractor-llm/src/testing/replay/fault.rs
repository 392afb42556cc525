//! [`Fault`]: what happens to a body on its way.

use std::fmt;
use std::str::FromStr;

/// What happens to a recorded body on its way to the client; nothing by default.
///
/// How events are framed (line ends, byte order mark, comments, the last blank line) matters only to
/// streams of events. Faults add up, and where a body ends is the one that was set last.
///
/// The text form stands in a replay server's URLs: `whole`, or `+` between the parts, such as
/// `crlf+split=1+held`.
///
/// ```
/// use attractor_llm::testing::Fault;
///
/// let fault = Fault::none().crlf().split(1).held_open();
/// assert_eq!(fault.to_string(), "crlf+split=1+held");
/// assert_eq!("crlf+split=1+held".parse(), Ok(fault));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Fault {
    pub(super) line_end: Option<&'static str>,
    pub(super) byte_order_mark: bool,
    pub(super) comments: bool,
    pub(super) no_last_blank_line: bool,
    pub(super) write_bytes: usize,
    pub(super) end: BodyEnd,
}

/// Where a body ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum BodyEnd {
    #[default]
    Whole,
    HeldOpen,
    Ended(usize),
    Cut(usize),
    Stalled(usize),
    Reset(usize),
}

impl Fault {
    /// None: each event arrives whole and in a write of its own.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// The faults that lose nothing: whatever a client makes of the whole body, it must make of it
    /// with any of these.
    #[must_use]
    pub fn harmless() -> Vec<Self> {
        let none = Self::none();
        vec![
            none,
            none.split(1),
            none.split(7),
            none.crlf(),
            none.crlf().split(1),
            none.cr(),
            none.byte_order_mark(),
            none.comments(),
            none.no_last_blank_line(),
            none.held_open(),
            none.byte_order_mark()
                .crlf()
                .comments()
                .split(5)
                .held_open(),
        ]
    }

    /// Lines end in CR LF.
    #[must_use]
    pub fn crlf(mut self) -> Self {
        self.line_end = Some("\r\n");
        self
    }

    /// Lines end in CR.
    #[must_use]
    pub fn cr(mut self) -> Self {
        self.line_end = Some("\r");
        self
    }

    /// The stream begins with a byte order mark.
    #[must_use]
    pub fn byte_order_mark(mut self) -> Self {
        self.byte_order_mark = true;
        self
    }

    /// Comments stand between the events and in them, and pings where events have names.
    #[must_use]
    pub fn comments(mut self) -> Self {
        self.comments = true;
        self
    }

    /// No line end follows the last event.
    #[must_use]
    pub fn no_last_blank_line(mut self) -> Self {
        self.no_last_blank_line = true;
        self
    }

    /// The body arrives in writes of so many bytes, which splits characters and line ends; 0 is each
    /// event in one write.
    #[must_use]
    pub fn split(mut self, bytes: usize) -> Self {
        self.write_bytes = bytes;
        self
    }

    /// How many bytes a write has; 0 for each event in one write.
    #[must_use]
    pub fn write_bytes(&self) -> usize {
        self.write_bytes
    }

    /// The connection stays open after the body's last event; a body that isn't a stream just ends.
    #[must_use]
    pub fn held_open(mut self) -> Self {
        self.end = BodyEnd::HeldOpen;
        self
    }

    /// The body ends in good order after so many bytes.
    #[must_use]
    pub fn ended_after(mut self, bytes: usize) -> Self {
        self.end = BodyEnd::Ended(bytes);
        self
    }

    /// The connection is closed in mid-body after so many bytes.
    #[must_use]
    pub fn cut_after(mut self, bytes: usize) -> Self {
        self.end = BodyEnd::Cut(bytes);
        self
    }

    /// Nothing more comes after so many bytes, and the connection stays open.
    #[must_use]
    pub fn stalled_after(mut self, bytes: usize) -> Self {
        self.end = BodyEnd::Stalled(bytes);
        self
    }

    /// The connection is reset after so many bytes; what the client hasn't read by then may be lost.
    #[must_use]
    pub fn reset_after(mut self, bytes: usize) -> Self {
        self.end = BodyEnd::Reset(bytes);
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = match self.end {
            BodyEnd::Whole => None,
            BodyEnd::HeldOpen => Some("held".to_owned()),
            BodyEnd::Ended(bytes) => Some(format!("end={bytes}")),
            BodyEnd::Cut(bytes) => Some(format!("cut={bytes}")),
            BodyEnd::Stalled(bytes) => Some(format!("stall={bytes}")),
            BodyEnd::Reset(bytes) => Some(format!("reset={bytes}")),
        };
        let line_end = self
            .line_end
            .map(|it| if it == "\r" { "cr" } else { "crlf" });
        let named = [
            line_end,
            self.byte_order_mark.then_some("bom"),
            self.comments.then_some("comments"),
            self.no_last_blank_line.then_some("unterminated"),
        ];
        let split = (self.write_bytes > 0).then(|| format!("split={}", self.write_bytes));
        let named = named.into_iter().flatten().map(str::to_owned);
        let parts: Vec<String> = named.chain(split).chain(end).collect();
        f.write_str(if parts.is_empty() { "whole" } else { "" })?;
        f.write_str(&parts.join("+"))
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.split('+').try_fold(Self::none(), |fault, part| {
            let (name, bytes) = part.split_once('=').unwrap_or((part, ""));
            let bytes = || {
                bytes
                    .parse()
                    .map_err(|_| format!("{part:?} has no number of bytes"))
            };
            Ok(match name {
                "whole" => fault,
                "crlf" => fault.crlf(),
                "cr" => fault.cr(),
                "bom" => fault.byte_order_mark(),
                "comments" => fault.comments(),
                "unterminated" => fault.no_last_blank_line(),
                "split" => fault.split(bytes()?),
                "held" => fault.held_open(),
                "end" => fault.ended_after(bytes()?),
                "cut" => fault.cut_after(bytes()?),
                "stall" => fault.stalled_after(bytes()?),
                "reset" => fault.reset_after(bytes()?),
                _ => return Err(format!("{part:?} is no fault")),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_a_text_that_is_read_back() {
        let ends = [
            Fault::none().ended_after(1),
            Fault::none().cut_after(0),
            Fault::none().no_last_blank_line().stalled_after(2),
            Fault::none().crlf().reset_after(3),
        ];
        for fault in Fault::harmless().into_iter().chain(ends) {
            assert_eq!(fault.to_string().parse(), Ok(fault));
        }
    }

    #[test]
    fn what_is_no_fault_is_refused() {
        for text in ["", "cut", "cut=x", "crlf+odd"] {
            assert!(text.parse::<Fault>().is_err(), "{text}");
        }
    }
}

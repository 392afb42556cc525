//! The payloads of a stream that is one array of JSON, or one value after the other, from bytes
//! that arrive in any pieces.

use std::collections::VecDeque;

use bytes::Bytes;
use futures::{StreamExt as _, stream};

use super::http::ByteStream;
use super::protocol::Payloads;
use crate::error::{Error, ErrorKind};
use crate::limits::MAX_EVENT_BYTES;

/// The objects in `bytes`, in order, each as its text.
pub(crate) fn values(bytes: ByteStream) -> Payloads {
    stream::unfold(Some((bytes, Values::default())), |state| async move {
        let (mut bytes, mut values) = state?;
        loop {
            if let Some(value) = values.ready.pop_front() {
                return Some((Ok(value), Some((bytes, values))));
            }
            let step = match bytes.next().await {
                Some(Ok(chunk)) => values.push(&chunk),
                Some(Err(error)) => Err(error),
                None => match values.end() {
                    Ok(()) => return None,
                    Err(error) => Err(error),
                },
            };
            if let Err(error) = step {
                return Some((Err(error), None));
            }
        }
    })
    .boxed()
}

/// Finds where objects begin and end.
#[derive(Debug, Default)]
struct Values {
    partial: Vec<u8>,
    ready: VecDeque<String>,
    /// Brackets open within the object.
    depth: usize,
    in_string: bool,
    escaped: bool,
    /// Whether an array around the objects is open.
    in_array: bool,
}

impl Values {
    fn push(&mut self, chunk: &Bytes) -> Result<(), Error> {
        for &byte in chunk {
            if self.depth == 0 {
                match byte {
                    b'[' => self.in_array = true,
                    b']' => self.in_array = false,
                    b'{' => self.begin(),
                    // What stands between values.
                    _ => {}
                }
                continue;
            }
            self.partial.push(byte);
            self.within(byte);
            if self.depth == 0 {
                let value = String::from_utf8_lossy(&self.partial).into_owned();
                self.ready.push_back(value);
                self.partial.clear();
            }
        }
        if self.partial.len() > MAX_EVENT_BYTES {
            let message = format!("a value of the stream is larger than {MAX_EVENT_BYTES} bytes");
            return Err(Error::new(ErrorKind::Stream, message).with_retryable(false));
        }
        Ok(())
    }

    fn begin(&mut self) {
        self.partial.push(b'{');
        self.depth = 1;
    }

    fn within(&mut self, byte: u8) {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' if self.in_string => self.escaped = true,
            b'"' => self.in_string = !self.in_string,
            b'{' | b'[' if !self.in_string => self.depth += 1,
            b'}' | b']' if !self.in_string => self.depth -= 1,
            _ => {}
        }
    }

    fn end(&self) -> Result<(), Error> {
        if self.depth > 0 || self.in_array {
            let message = "the stream ended inside a value";
            return Err(Error::new(ErrorKind::Stream, message));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn payloads(text: &str, size: usize) -> Vec<Result<String, ErrorKind>> {
        let chunks: Vec<_> = text.as_bytes().chunks(size).collect();
        let chunks: Vec<_> = chunks
            .into_iter()
            .map(|chunk| Ok(Bytes::copy_from_slice(chunk)))
            .collect();
        values(stream::iter(chunks).boxed())
            .map(|value| value.map_err(|error| error.kind()))
            .collect()
            .await
    }

    #[tokio::test]
    async fn objects_are_found_in_arrays_and_on_lines_in_any_pieces() {
        let values = [
            r#"{"a":"gr\u00fc\"n ] } ü"}"#,
            r#"{"b":[{"c":"\\"}]}"#,
            "{}",
        ];
        let expected: Vec<_> = values.iter().map(|it| Ok((*it).to_owned())).collect();
        for text in [
            format!("[{}]", values.join("\n,\r\n")),
            values.join("\n"),
            format!("\u{feff} [ {} ]\n\n", values.join(",")),
        ] {
            for size in 1..text.len() {
                assert_eq!(payloads(&text, size).await, expected, "{text} by {size}");
            }
        }
    }

    #[tokio::test]
    async fn what_is_cut_off_is_an_error_after_what_was_whole() {
        for text in ["[{\"a\":1}", "[{\"a\":1},{\"b\"", "{\"a\":1}{\"b\":\"}"] {
            let found = payloads(text, 3).await;
            let expected = [Ok("{\"a\":1}".to_owned()), Err(ErrorKind::Stream)];
            assert_eq!(found, expected, "{text}");
        }
    }

    #[tokio::test]
    async fn a_value_without_end_is_an_error() {
        let text = format!("{{\"a\":\"{}", "x".repeat(MAX_EVENT_BYTES));
        let found = payloads(&text, 1 << 20).await;
        assert_eq!(found, [Err(ErrorKind::Stream)]);
    }
}

//! The binary frames of a stream (`application/vnd.amazon.eventstream`) -> one text of JSON each.
//!
//! An event becomes `{"<event type>": payload}`, an exception `{"<exception type>": payload}`, and
//! what the service couldn't put into its protocol `{"error": {"code", "message"}}`.

use aws_smithy_eventstream::frame::{DecodedFrame, MessageFrameDecoder};
use aws_smithy_types::event_stream::Message;
use bytes::BytesMut;
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};

use crate::error::{Error, ErrorKind};
use crate::limits::MAX_EVENT_BYTES;
use crate::provider::http::ByteStream;
use crate::provider::protocol::Payloads;

/// The payloads of a stream.
pub(super) fn payloads(bytes: ByteStream) -> Payloads {
    let frames = Frames {
        bytes,
        decoder: MessageFrameDecoder::new(),
        buffer: BytesMut::new(),
        inside: false,
    };
    stream::unfold(Some(frames), |frames| async move {
        let mut frames = frames?;
        match frames.next().await {
            Ok(Some(payload)) => Some((Ok(payload), Some(frames))),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    })
    .boxed()
}

struct Frames {
    bytes: ByteStream,
    decoder: MessageFrameDecoder,
    buffer: BytesMut,
    /// Whether the bytes so far end inside a frame.
    inside: bool,
}

impl Frames {
    async fn next(&mut self) -> Result<Option<String>, Error> {
        loop {
            if let DecodedFrame::Complete(message) = self.decode()? {
                self.inside = !self.buffer.is_empty();
                return Ok(Some(payload(&message)));
            }
            match self.bytes.next().await {
                Some(bytes) => {
                    let bytes = bytes?;
                    self.inside |= !bytes.is_empty();
                    self.buffer.extend_from_slice(&bytes);
                }
                None if self.inside => return Err(broken("the stream broke off inside a frame")),
                None => return Ok(None),
            }
            if self.buffer.len() > MAX_EVENT_BYTES {
                let message = format!("a frame is larger than {MAX_EVENT_BYTES} bytes");
                return Err(broken(message).with_retryable(false));
            }
        }
    }

    fn decode(&mut self) -> Result<DecodedFrame, Error> {
        self.decoder
            .decode_frame(&mut self.buffer)
            .map_err(|error| broken("a frame of the stream is damaged").with_source(error))
    }
}

fn payload(message: &Message) -> String {
    let header = |name: &str| {
        let found = message
            .headers()
            .iter()
            .find(|it| it.name().as_str() == name);
        found
            .and_then(|it| it.value().as_string().ok())
            .map(|it| it.as_str())
    };
    let kind = match header(":message-type") {
        Some("error") => {
            let (code, message) = (header(":error-code"), header(":error-message"));
            return json!({"error": {"code": code, "message": message}}).to_string();
        }
        Some("exception") => header(":exception-type"),
        _ => header(":event-type"),
    };
    let kind = Value::from(kind.unwrap_or_default());
    let payload = String::from_utf8_lossy(message.payload());
    let payload = if payload.trim().is_empty() {
        "{}"
    } else {
        payload.as_ref()
    };
    format!("{{{kind}:{payload}}}")
}

fn broken(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Stream, message)
}

#[cfg(test)]
mod tests {
    use aws_smithy_eventstream::frame::write_message_to;
    use aws_smithy_types::event_stream::{Header, HeaderValue};
    use bytes::Bytes;
    use futures::FutureExt as _;

    use super::*;

    fn frame(headers: &[(&'static str, &'static str)], payload: &'static str) -> Vec<u8> {
        let headers = headers
            .iter()
            .map(|(name, value)| Header::new(*name, HeaderValue::String((*value).into())));
        let message =
            Message::new_from_parts(headers.collect(), Bytes::from_static(payload.as_bytes()));
        let mut bytes = Vec::new();
        write_message_to(&message, &mut bytes).unwrap();
        bytes
    }

    fn event(kind: &'static str, payload: &'static str) -> Vec<u8> {
        frame(
            &[(":message-type", "event"), (":event-type", kind)],
            payload,
        )
    }

    /// What comes of bytes that arrive in these pieces.
    fn read(pieces: Vec<Vec<u8>>) -> Vec<Result<String, Error>> {
        let pieces = pieces.into_iter().map(|piece| Ok(Bytes::from(piece)));
        let payloads = payloads(stream::iter(pieces.collect::<Vec<_>>()).boxed());
        payloads.collect::<Vec<_>>().now_or_never().unwrap()
    }

    #[test]
    fn frames_survive_every_split() {
        let bytes: Vec<u8> = [
            event("messageStart", r#"{"role":"assistant"}"#),
            event(
                "contentBlockDelta",
                "{\"delta\":{\"text\":\"\u{fc}\u{1f44b}\"}}",
            ),
            event("metadata", ""),
        ]
        .concat();
        let expected = [
            r#"{"messageStart":{"role":"assistant"}}"#.to_owned(),
            "{\"contentBlockDelta\":{\"delta\":{\"text\":\"\u{fc}\u{1f44b}\"}}}".to_owned(),
            r#"{"metadata":{}}"#.to_owned(),
        ];
        let check = |pieces| {
            let read: Result<Vec<String>, Error> = read(pieces).into_iter().collect();
            assert_eq!(read.unwrap(), expected);
        };
        for at in 0..=bytes.len() {
            check(vec![bytes[..at].to_vec(), bytes[at..].to_vec()]);
        }
        check(bytes.iter().map(|byte| vec![*byte]).collect());
    }

    #[test]
    fn a_stream_that_ends_inside_a_frame_is_an_error_after_what_had_arrived() {
        let bytes = [event("a", "{}"), event("b", "{}")].concat();
        let first = event("a", "{}").len();
        for end in first + 1..bytes.len() {
            let read = read(vec![bytes[..end].to_vec()]);
            assert_eq!(read.len(), 2, "{read:?}");
            assert_eq!(read[1].as_ref().unwrap_err().kind(), ErrorKind::Stream);
        }
        assert_eq!(read(vec![bytes[..first].to_vec()]).len(), 1);
    }

    #[test]
    fn a_damaged_byte_is_an_error_wherever_it_is() {
        let bytes = event("messageStart", r#"{"role":"assistant"}"#);
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x01;
            let read = read(vec![damaged]);
            assert!(read.last().unwrap().is_err(), "byte {at}: {read:?}");
        }
    }

    #[test]
    fn exceptions_and_errors_are_told_apart_from_events() {
        let exception = [
            (":message-type", "exception"),
            (":exception-type", "throttlingException"),
        ];
        let error = [
            (":message-type", "error"),
            (":error-code", "InternalError"),
            (":error-message", "a \"fault\""),
        ];
        let read = read(vec![
            frame(&exception, r#"{"message":"slow"}"#),
            frame(&error, ""),
        ]);
        let texts: Vec<Value> = read
            .iter()
            .map(|it| serde_json::from_str(it.as_ref().unwrap()).unwrap())
            .collect();
        assert_eq!(
            texts[0],
            json!({"throttlingException": {"message": "slow"}})
        );
        let expected = json!({"code": "InternalError", "message": "a \"fault\""});
        assert_eq!(texts[1], json!({"error": expected}));
    }

    #[test]
    fn a_frame_of_absurd_size_is_refused() {
        let mut bytes = event("a", "{}");
        bytes.truncate(12);
        let mut pieces = vec![bytes];
        // A right checksum over a wrong length: only the limit ends it.
        let length = u32::try_from(MAX_EVENT_BYTES * 2).unwrap();
        pieces[0][..4].copy_from_slice(&length.to_be_bytes());
        pieces.extend((0..=MAX_EVENT_BYTES / 1_048_576).map(|_| vec![0; 1_048_576]));
        assert!(read(pieces).last().unwrap().is_err());
    }
}

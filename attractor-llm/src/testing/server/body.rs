//! How a script delivers its answers.

use std::time::Duration;

use bytes::Bytes;

use crate::testing::http::{Step, writes};
use crate::testing::script::Delivery;

/// The steps that deliver `chunks` (events, or one whole body) as the script says.
pub(super) fn plan(chunks: Vec<Bytes>, delivery: &Delivery) -> Vec<Step> {
    let events = chunks.len();
    let kept = delivery.cut_after_events.unwrap_or(events).min(events);
    let mut budget = delivery.cut_after_bytes.unwrap_or(usize::MAX);
    let total: usize = chunks.iter().take(kept).map(Bytes::len).sum();
    let cut = delivery.cut_after_events.is_some() || budget < total;
    let mut steps = Vec::new();
    for (index, chunk) in chunks.into_iter().take(kept).enumerate() {
        if index > 0 && delivery.event_delay_ms > 0 {
            steps.push(Step::Wait(Duration::from_millis(delivery.event_delay_ms)));
        }
        let sent = chunk.slice(..chunk.len().min(budget));
        budget -= sent.len();
        steps.extend(writes(&sent, delivery.write_bytes));
        if budget == 0 {
            break;
        }
    }
    if cut {
        steps.push(Step::Cut);
    } else if delivery.hold_open {
        steps.push(Step::Hold);
    }
    steps
}

/// The events of a stream, framed as untidy proxies do.
pub(super) fn untidy(events: &[Bytes]) -> Vec<Bytes> {
    let last = events.len().saturating_sub(1);
    let framed = events.iter().enumerate().map(|(index, event)| {
        let text = String::from_utf8_lossy(event).replace('\n', "\r\n");
        let before = if index == 0 {
            "\u{feff}"
        } else {
            ": keep-alive\r\n\r\n"
        };
        let end = if index == last { "\r\n" } else { "" };
        Bytes::from(format!(
            "{before}{}",
            text.strip_suffix(end).unwrap_or(&text)
        ))
    });
    framed.collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
    use proptest::{collection, option};

    use super::*;

    /// The bytes that are sent, and whether the connection is cut after them.
    fn sent(steps: &[Step]) -> (Vec<u8>, bool) {
        let mut bytes = Vec::new();
        for step in steps {
            if let Step::Send(chunk) = step {
                bytes.extend_from_slice(chunk);
            }
        }
        (bytes, steps.last() == Some(&Step::Cut))
    }

    proptest! {
        #[test]
        fn what_is_sent_is_a_prefix_and_whole_unless_cut(
            chunks in collection::vec(collection::vec(any::<u8>(), 0..20), 0..6),
            write_bytes in 0_usize..5,
            events in option::of(0_usize..8),
            bytes in option::of(0_usize..80),
        ) {
            let whole = chunks.concat();
            let kept = chunks.iter().take(events.unwrap_or(chunks.len())).map(Vec::len).sum();
            let expected = bytes.unwrap_or(usize::MAX).min(kept);
            let delivery = Delivery {
                write_bytes, cut_after_events: events, cut_after_bytes: bytes, ..Delivery::default()
            };
            let steps = plan(chunks.into_iter().map(Bytes::from).collect(), &delivery);
            let (found, cut) = sent(&steps);
            prop_assert_eq!(&found[..], &whole[..expected]);
            prop_assert!(cut || found.len() == whole.len());
            prop_assert_eq!(cut, events.is_some() || expected < whole.len());
        }
    }

    #[test]
    fn untidy_events_have_all_that_a_reader_must_bear() {
        let events = [
            Bytes::from("event: a\ndata: 1\n\n"),
            Bytes::from("data: 2\n\n"),
        ];
        let expected = [
            "\u{feff}event: a\r\ndata: 1\r\n\r\n",
            ": keep-alive\r\n\r\ndata: 2\r\n",
        ];
        assert_eq!(untidy(&events), expected);
    }

    #[test]
    fn waits_stand_between_events_only() {
        let chunks = vec![Bytes::from("a"), Bytes::from("b")];
        let delivery = Delivery {
            event_delay_ms: 5,
            ..Delivery::default()
        };
        let wait = Step::Wait(Duration::from_millis(5));
        let expected = [
            Step::Send(Bytes::from("a")),
            wait,
            Step::Send(Bytes::from("b")),
        ];
        assert_eq!(plan(chunks, &delivery), expected);
    }
}

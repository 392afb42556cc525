//! Recordings that are damaged at random: no adapter panics, stops answering or grows without bound.

#![expect(clippy::panic, clippy::print_stdout, reason = "tests")]

use attractor_llm::testing::fuzzing::{APIS, check};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::corpus::recordings::{Recorded, recordings, root};

/// Longer recordings are left out, and damaged ones cut: what they have to show, short ones do.
const MOST_BYTES: usize = 6_000;

/// Recordings taken of each API.
const SAMPLE: usize = 30;

/// One thing that happens to bytes; places are parts of the whole.
#[derive(Clone, Debug)]
enum Damage {
    Flip(Index, u8),
    Delete(Index, Index),
    Repeat(Index, Index),
    Truncate(Index),
    /// Put in what another recording has there.
    Splice(Index, Index, Index),
    /// Put in something that means something.
    Insert(Index, &'static str),
}

const WORDS: &[&str] = &[
    "null",
    "{}",
    "[]",
    "\"\"",
    "-1",
    "1e999",
    "18446744073709551615",
    "\\ud800",
    "\\u0000",
    "\"",
    "}",
    "]",
    "\n\n",
    "\r",
    "data: ",
    "data: [DONE]\n\n",
    "event: error\n",
    "\u{feff}",
    "\u{1f600}",
];

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<Index>;
    prop_oneof![
        (at(), 0..8_u8).prop_map(|(at, bit)| Damage::Flip(at, bit)),
        (at(), at()).prop_map(|(from, to)| Damage::Delete(from, to)),
        (at(), at()).prop_map(|(from, to)| Damage::Repeat(from, to)),
        at().prop_map(Damage::Truncate),
        (at(), at(), at()).prop_map(|(other, from, to)| Damage::Splice(other, from, to)),
        (at(), select(WORDS)).prop_map(|(at, word)| Damage::Insert(at, word)),
    ]
}

impl Damage {
    fn suffer(&self, bytes: &mut Vec<u8>, others: &[Vec<u8>]) {
        let length = bytes.len();
        let place = |at: &Index| at.index(length + 1);
        let range = |from: &Index, to: &Index| {
            let (from, to) = (place(from), place(to));
            from.min(to)..from.max(to)
        };
        match self {
            Self::Flip(at, bit) if length > 0 => bytes[at.index(length)] ^= 1 << bit,
            Self::Flip(..) => {}
            Self::Delete(from, to) => drop(bytes.drain(range(from, to))),
            Self::Repeat(from, to) => {
                let range = range(from, to);
                let again = bytes[range.clone()].to_vec();
                bytes.splice(range.end..range.end, again);
            }
            Self::Truncate(at) => bytes.truncate(place(at)),
            Self::Splice(other, from, to) => {
                let other = &others[other.index(others.len())];
                let range = range(from, to);
                let end = range.end.min(other.len());
                let piece = other[range.start.min(end)..end].to_vec();
                bytes.splice(range.start..range.start, piece);
            }
            Self::Insert(at, word) => {
                let at = place(at);
                bytes.splice(at..at, word.bytes());
            }
        }
        bytes.truncate(2 * MOST_BYTES);
    }
}

/// Short recordings of the API: ours, and those of real providers where they are.
fn seeds(api: &str, recordings: &[Recorded]) -> Vec<Vec<u8>> {
    let ours = match api {
        "anthropic-messages" => include_str!("../fixtures/streams/text_and_tools.sse"),
        "gemini-generate" => include_str!("../fixtures/streams/gemini_text_and_tools.sse"),
        "openai-chat" => include_str!("../fixtures/streams/chat_text_and_tools.sse"),
        "openai-responses" => include_str!("../fixtures/streams/responses_text_and_tools.sse"),
        other => panic!("no recording of {other}"),
    };
    let recorded = recordings
        .iter()
        .filter(|it| it.api == api)
        .map(Recorded::body);
    let short: Vec<_> = recorded.filter(|it| it.len() < MOST_BYTES).collect();
    let step = short.len() / SAMPLE + 1;
    let mut seeds = vec![ours.as_bytes().to_vec()];
    seeds.extend(short.into_iter().step_by(step));
    seeds
}

#[test]
fn damaged_recordings_end_in_a_response_or_an_error() {
    let recordings = root()
        .map(|root| recordings(&root, APIS))
        .unwrap_or_default();
    for api in APIS {
        let seeds = seeds(api, &recordings);
        println!("{api}: {} recordings", seeds.len());
        for seed in &seeds {
            check(api, seed).unwrap();
        }
        let config = ProptestConfig {
            cases: 60,
            failure_persistence: None,
            ..ProptestConfig::default()
        };
        let damages = prop::collection::vec(damage(), 1..5);
        proptest!(config, |(at in any::<Index>(), damages in damages)| {
            let mut bytes = seeds[at.index(seeds.len())].clone();
            for damage in &damages {
                damage.suffer(&mut bytes, &seeds);
            }
            prop_assert_eq!(check(api, &bytes), Ok(()));
        });
    }
}

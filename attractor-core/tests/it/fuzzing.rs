//! The corpus of the fuzz targets, as it is and damaged at random.

use std::path::{Path, PathBuf};

use attractor_core::testing::fuzzing::{INPUTS, check};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// What a damaged text gets in some place.
const PIECES: &[&str] = &[
    "\"", "\\", "{", "}", "[", "]", "(", ")", "/*", "*/", "//", "\n", "#", ";", ",", "=", "->",
    "--", "<", ">", "&&", "||", "!", "subgraph", "node", "\u{e4}", "\0", "-1", "900s", " ",
];

fn seeds(input: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let files = |folder: PathBuf| {
        let entries = std::fs::read_dir(&folder).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        let mut paths: Vec<PathBuf> = paths.filter(|path| path.is_file()).collect();
        paths.sort();
        paths
    };
    let mut paths = files(root.join("fuzz").join(input));
    if input == "dot" {
        paths.extend(files(root.join("dot/ok")));
        paths.extend(files(root.join("dot/err")));
        paths.extend(files(root.join("format")));
    }
    paths
        .iter()
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect()
}

#[test]
fn the_corpus_holds_and_so_do_its_beginnings() {
    for input in INPUTS {
        let seeds = seeds(input);
        assert!(seeds.len() > 4, "{input}");
        for seed in seeds {
            for cut in (0..=seed.len()).rev().step_by(7) {
                check(input, &seed.as_bytes()[..cut])
                    .unwrap_or_else(|broken| panic!("{input}: {broken}"));
            }
        }
    }
}

#[test]
fn damaged_texts_are_read_or_refused() {
    for input in INPUTS {
        let seeds = seeds(input);
        let config = ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::default()
        };
        let damage = vec((any::<Index>(), any::<Index>(), select(PIECES)), 1..6);
        proptest!(config, |(at in any::<Index>(), damage in damage)| {
            let mut bytes = seeds[at.index(seeds.len())].clone().into_bytes();
            for (from, to, piece) in damage {
                let (from, to) = (from.index(bytes.len() + 1), to.index(bytes.len() + 1));
                // Near places only, so that most of the text stays what it is.
                let to = from.max(to.min(from + 3));
                bytes.splice(from..to, piece.bytes());
            }
            prop_assert_eq!(check(input, &bytes), Ok(()));
        });
    }
}

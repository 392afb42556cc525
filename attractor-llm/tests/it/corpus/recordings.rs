//! Where the recordings lie, and what is in them.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};

use attractor_llm::cassette::{Cassette, Content, Exchange, Outcome, Reply};
use attractor_llm::testing::cassette_from_recording;
use serde_json::Value;

/// Where the recordings lie, beside the repository or a folder above it.
const CORPUS: &str = "shared/corpus/llm";

/// The folder of the recordings; says so when there is none.
pub(crate) fn root() -> Option<PathBuf> {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let found = folders
        .map(|folder| folder.join(CORPUS))
        .find(|path| path.is_dir());
    if found.is_none() {
        println!("SKIPPED: no recordings in ../{CORPUS}");
    }
    found
}

/// One exchange of a recording.
#[derive(Debug)]
pub(crate) struct Recorded {
    /// The recording's file, below the root.
    pub(crate) file: String,
    /// The exchange's place in it.
    pub(crate) index: u64,
    pub(crate) api: String,
    /// Whether the request was made up because the origin kept only the response.
    pub(crate) is_synthetic: bool,
    pub(crate) is_stream: bool,
    pub(crate) exchange: Exchange,
}

impl Recorded {
    pub(crate) fn reply(&self) -> &Reply {
        match &self.exchange.outcome {
            Outcome::Reply(reply) => reply,
            other => unreachable_outcome(other),
        }
    }

    /// The body of the request.
    pub(crate) fn request(&self) -> &Value {
        match &self.exchange.request.content {
            Content::Json(body) => body,
            _ => &Value::Null,
        }
    }

    /// The response's body as one piece.
    pub(crate) fn body(&self) -> Vec<u8> {
        self.reply().content.pieces().concat()
    }

    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.file, self.index)
    }
}

#[expect(clippy::panic, reason = "tests")]
fn unreachable_outcome(outcome: &Outcome) -> ! {
    panic!("a recording holds {outcome:?}")
}

/// The exchanges of these APIs, in a fixed order.
pub(crate) fn recordings(root: &Path, apis: &[&str]) -> Vec<Recorded> {
    let mut files = Vec::new();
    for project in entries(root) {
        for api in entries(&project) {
            files.extend(entries(&api));
        }
    }
    files.sort();
    let exchanges = files.iter().flat_map(|file| recording(root, file));
    exchanges
        .filter(|it| apis.contains(&it.api.as_str()))
        .collect()
}

/// All of the exchanges as one cassette.
pub(crate) fn cassette(recordings: &[Recorded]) -> Cassette {
    Cassette::new(recordings.iter().map(|it| it.exchange.clone()).collect())
}

fn entries(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn recording(root: &Path, path: &Path) -> Vec<Recorded> {
    let file = path
        .strip_prefix(root)
        .unwrap()
        .to_string_lossy()
        .into_owned();
    let recording: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let described = recording["exchanges"].as_array().unwrap().clone();
    let made_up = recording["synthetic_request"] == true;
    let exchanges = cassette_from_recording(recording).unwrap().exchanges;
    let numbered = (0..).zip(described).zip(exchanges);
    let recorded = numbered.map(|((index, described), exchange)| Recorded {
        file: file.clone(),
        index,
        api: described["api"].as_str().unwrap().to_owned(),
        is_synthetic: made_up || described["request"]["synthetic_request"] == true,
        is_stream: described["response"]["stream"] == true,
        exchange,
    });
    recorded.collect()
}

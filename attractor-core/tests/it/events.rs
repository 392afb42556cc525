//! The page about events, held against the code.

use std::collections::BTreeSet;
use std::path::Path;

use attractor_core::JournalEntry;
use serde_json::Value;

/// The JSON examples of the page.
fn examples() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/events.md");
    let page = std::fs::read_to_string(path).unwrap();
    let lines = page.lines().filter(|line| line.starts_with("{\"version\""));
    lines.map(str::to_owned).collect()
}

/// Every name that the code gives to an event of a journal.
fn names() -> BTreeSet<String> {
    let sources = [
        include_str!("../../src/run/event.rs"),
        include_str!("../../src/handler/progress.rs"),
    ];
    let mut names = BTreeSet::new();
    for source in sources {
        let (_, body) = source.split_once("pub fn name(&self)").unwrap();
        let (body, _) = body.split_once("\n    }\n").unwrap();
        let quoted = body.split('"').skip(1).step_by(2).map(str::to_owned);
        names.extend(quoted);
    }
    for live in ["text_delta", "tool_output_delta", "child"] {
        assert!(names.remove(live), "{live} is live only");
    }
    names
}

#[test]
fn the_page_about_events_has_an_example_of_every_kind_that_reads_back_as_it_is() {
    let mut shown = BTreeSet::new();
    for example in examples() {
        let value: Value = serde_json::from_str(&example).unwrap();
        let entry: JournalEntry = serde_json::from_value(value.clone())
            .unwrap_or_else(|error| panic!("{error}: {example}"));
        assert_eq!(serde_json::to_value(&entry).unwrap(), value, "{example}");
        assert_eq!(value["event"], entry.event.name());
        shown.insert(entry.event.name().to_owned());
    }
    assert_eq!(shown, names());
}

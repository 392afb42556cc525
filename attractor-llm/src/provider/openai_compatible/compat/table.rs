//! The table of services: a data file, read once.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Compat, Service};

static TABLE: LazyLock<Vec<Row>> = LazyLock::new(load);

/// All rows, in the order of discovery.
pub(super) fn rows() -> &'static [Row] {
    &TABLE
}

/// The row of a service.
#[expect(
    clippy::expect_used,
    reason = "each service has a row, which a test checks"
)]
pub(super) fn row(service: Service) -> &'static Row {
    let mut rows = TABLE.iter();
    rows.find(|row| row.service == service)
        .expect("the service has a row")
}

/// What is known of a service.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) service: Service,
    pub(super) name: String,
    /// Hosts, each with all that end in it.
    #[serde(default)]
    pub(super) hosts: Vec<String>,
    /// The usual port on this machine.
    pub(super) port: Option<u16>,
    pub(super) base_url: Option<String>,
    pub(super) key_variable: Option<String>,
    pub(super) url_variable: Option<String>,
    /// Works without a key.
    #[serde(default)]
    pub(super) key_optional: bool,
    /// Is set up from the environment when its variables are there.
    #[serde(default)]
    pub(super) discovered: bool,
    /// What differs from the default.
    #[serde(default)]
    compat: Map<String, Value>,
    /// What differs for some models; later rows win.
    #[serde(default)]
    models: Vec<ModelRow>,
    /// What all its models have, put together.
    #[serde(skip)]
    base: Compat,
}

/// What differs for models whose name fits one of the patterns, in which `*` stands for any text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelRow {
    models: Vec<String>,
    compat: Map<String, Value>,
}

impl Row {
    pub(super) fn compat(&self, model: &str) -> Compat {
        let model = model.to_ascii_lowercase();
        let of_model = |row: &&ModelRow| row.models.iter().any(|pattern| fits(pattern, &model));
        let mut rows = self.models.iter().filter(of_model).peekable();
        if rows.peek().is_none() {
            return self.base.clone();
        }
        let differences = [&self.compat]
            .into_iter()
            .chain(rows.map(|row| &row.compat));
        build(differences)
    }
}

#[expect(
    clippy::expect_used,
    reason = "the file is part of the crate, and a test reads all of it"
)]
fn load() -> Vec<Row> {
    let mut rows: Vec<Row> =
        serde_json::from_str(include_str!("services.json")).expect("services.json is well-formed");
    for row in &mut rows {
        row.base = build([&row.compat]);
    }
    rows
}

/// The default with the differences laid over it one by one.
#[expect(
    clippy::expect_used,
    reason = "the differences are of the crate's own file, and a test reads all of them"
)]
fn build<'a>(differences: impl IntoIterator<Item = &'a Map<String, Value>>) -> Compat {
    let all: Map<String, Value> = differences.into_iter().flatten().map(owned).collect();
    serde_json::from_value(Value::Object(all)).expect("services.json has only fields of Compat")
}

fn owned((key, value): (&String, &Value)) -> (String, Value) {
    (key.clone(), value.clone())
}

/// Whether a text fits a pattern in which `*` stands for any text.
fn fits(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut pieces = pieces.peekable();
    if pieces.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        let Some(at) = rest.find(piece) else {
            return false;
        };
        rest = &rest[at + piece.len()..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        let cases = [
            ("gpt-4", "gpt-4", true),
            ("gpt-4", "gpt-4o", false),
            ("gpt-4*", "gpt-4o", true),
            ("*gpt-oss*", "openai/gpt-oss-20b", true),
            ("*-instruct", "qwen-3-instruct", true),
            ("*-instruct", "qwen-3-instruct-2", false),
            ("a*b*c", "axbxc", true),
            ("a*b*c", "axcxb", false),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn every_row_of_every_model_can_be_read() {
        for row in rows() {
            for of_models in &row.models {
                for pattern in &of_models.models {
                    assert_eq!(*pattern, pattern.to_ascii_lowercase());
                    let compat = row.compat(&pattern.replace('*', "x"));
                    assert_ne!(compat, row.base, "{} {pattern} changes nothing", row.name);
                }
            }
        }
    }
}

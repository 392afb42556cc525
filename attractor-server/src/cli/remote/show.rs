//! Answers of a server, for people and for programs. What a terminal would act on is taken out.

use std::io::IsTerminal as _;
use std::str::FromStr;

use serde_json::Value;

use crate::Error;
use crate::console::{self, style};
use crate::domain::Timestamp;
use crate::progress::format;

/// Characters of a cell.
const COLUMNS: usize = 60;

/// Characters of a line.
const LINE: usize = 500;

/// What stands for nothing.
const NOTHING: &str = "-";

/// Prints an answer as JSON in one line. Characters that a terminal would act on are written as JSON
/// writes them.
pub(crate) fn json(value: &Value) {
    console::out(plain_json(value));
}

fn plain_json(value: &Value) -> String {
    let text = value.to_string();
    if !text.chars().any(char::is_control) {
        return text;
    }
    // The others are escaped already; these only occur within strings.
    let escaped = text.chars().map(|c| match c.is_control() {
        true => format!("\\u{:04x}", u32::from(c)),
        false => c.to_string(),
    });
    escaped.collect()
}

/// A text without what moves the cursor or does worse.
pub(crate) fn harmless(text: &str) -> String {
    format::line(text, COLUMNS)
}

/// A value whose texts have nothing that a terminal would act on.
pub(crate) fn clean(value: Value) -> Value {
    match value {
        Value::String(text) => format::harmless(&text).into(),
        Value::Array(values) => values.into_iter().map(clean).collect(),
        Value::Object(fields) => {
            let fields = fields.into_iter();
            Value::Object(fields.map(|(key, value)| (key, clean(value))).collect())
        }
        other => other,
    }
}

/// A field as text for a column.
pub(crate) fn cell(value: &Value, field: &str) -> String {
    text(&value[field])
}

/// A value as text for a column.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Null => NOTHING.to_owned(),
        Value::String(text) if text.is_empty() => NOTHING.to_owned(),
        Value::String(text) => harmless(text),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        other => harmless(&other.to_string()),
    }
}

/// A field as a line of its own, whole unless it's very long.
pub(crate) fn whole(value: &Value, field: &str) -> String {
    match value[field].as_str() {
        Some(text) if !text.is_empty() => format::line(text, LINE),
        _ => cell(value, field),
    }
}

/// A field of each.
pub(crate) fn cells(values: &[Value], field: &str) -> Vec<String> {
    values.iter().map(|value| cell(value, field)).collect()
}

/// When something was: how long ago on a terminal, else the moment.
pub(crate) fn when(value: &Value) -> String {
    let moment: Option<Timestamp> = serde_json::from_value(value.clone()).ok();
    match moment {
        Some(moment) if std::io::stdout().is_terminal() => {
            format!("{} ago", format::duration(Timestamp::now().since(moment)))
        }
        _ => text(value),
    }
}

/// Micro-dollars as dollars.
pub(crate) fn cost(value: &Value) -> String {
    format::usd(value.as_u64().unwrap_or_default())
}

/// The id of something that a server has answered with.
pub(crate) fn id<T>(value: &Value) -> Result<T, Error>
where
    T: FromStr<Err = crate::domain::Error>,
{
    of(value, "id")
}

/// An id in a field.
pub(crate) fn of<T>(value: &Value, field: &str) -> Result<T, Error>
where
    T: FromStr<Err = crate::domain::Error>,
{
    let text = value[field].as_str().unwrap_or_default();
    text.parse().map_err(|_| {
        Error::failure(format!("the server's answer has no {field} that is one"))
            .hint("is it a server of attractor's?")
    })
}

/// Prints lines in columns as wide as they need to be; their heads only on a terminal.
pub(crate) fn table<const N: usize>(heads: [&str; N], rows: &[[String; N]]) {
    let mut widths = heads.map(|head| head.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    if std::io::stdout().is_terminal() && rows.is_empty() {
        let dim = style::DIM;
        console::err(format!("{dim}there is none{dim:#}"));
    } else if std::io::stdout().is_terminal() {
        let (dim, line) = (style::DIM, aligned(&heads.map(str::to_owned), &widths));
        console::out(format!("{dim}{line}{dim:#}"));
    }
    for row in rows {
        console::out(aligned(row, &widths));
    }
}

fn aligned(cells: &[String], widths: &[usize]) -> String {
    let padded = cells
        .iter()
        .zip(widths)
        .map(|(cell, width)| format!("{cell:<width$}"));
    let line: Vec<String> = padded.collect();
    line.join("  ").trim_end().to_owned()
}

/// Prints what is known about one thing, a line a field.
pub(crate) fn fields(fields: &[(&str, String)]) {
    let width = fields.iter().map(|(name, _)| name.len()).max();
    let (width, dim) = (width.unwrap_or_default(), style::DIM);
    for (name, value) in fields {
        console::out(format!("{dim}{name:<width$}{dim:#}  {value}").trim_end());
    }
}

/// Says what is gone.
pub(crate) fn deleted(id: &impl std::fmt::Display, name: &str, as_json: bool) {
    match as_json {
        true => json(&serde_json::json!({ "id": id.to_string(), "deleted": true })),
        false => console::out(format!("deleted {name}")),
    }
}

/// Prints a text that a server keeps: as it is, or without what a terminal would act on.
pub(crate) fn raw(text: &str) {
    match std::io::stdout().is_terminal() {
        true => console::out_raw(&format::harmless(text)),
        false => console::out_raw(text),
    };
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_that_a_server_sends_reaches_the_terminal_as_a_command() {
        let nasty = json!({"name": "a\u{1b}[2J\u{9b}31m\tb\nc", "none": null, "on": true});
        let shown = plain_json(&nasty);
        assert!(!shown.chars().any(char::is_control), "{shown}");
        assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), nasty);
        assert_eq!(cell(&nasty, "name"), "a31m b…");
        assert_eq!(cell(&nasty, "none"), "-");
        assert_eq!(cell(&nasty, "on"), "yes");
    }

    #[test]
    fn columns_are_as_wide_as_they_need_to_be() {
        let row = ["ä".to_owned(), "xx".to_owned(), String::new()];
        assert_eq!(aligned(&row, &[3, 4, 5]), "ä    xx");
    }
}

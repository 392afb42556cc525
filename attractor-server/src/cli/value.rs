//! Arguments in the form the command line takes them.

use serde_json::Value;

/// Where the engine keeps its own values.
const RESERVED: [&str; 2] = ["graph.", "internal."];

/// A `KEY=VALUE` for the run's context.
///
/// The value is text, unless it reads as a JSON number, `true` or `false`.
pub(super) fn parse_param(text: &str) -> Result<(String, Value), String> {
    let (key, value) = text
        .split_once('=')
        .ok_or_else(|| format!("`{text}` isn't of the form KEY=VALUE"))?;
    let key = key.trim();
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if key.is_empty() || !key.chars().all(fits) {
        return Err(format!(
            "`{key}` isn't a key: use letters, digits, `_`, `.` and `-`"
        ));
    }
    if let Some(owner) = RESERVED.iter().find(|prefix| key.starts_with(**prefix)) {
        return Err(format!(
            "`{key}` can't be set: the keys that begin with `{owner}` are the pipeline's own"
        ));
    }
    let value = match serde_json::from_str::<Value>(value) {
        Ok(scalar @ (Value::Number(_) | Value::Bool(_))) => scalar,
        _ => Value::from(value),
    };
    Ok((key.to_owned(), value))
}

/// A model as `provider/model`, or a bare model name.
pub(super) fn parse_model(text: &str) -> Result<String, String> {
    let text = text.trim();
    let complete = !text.is_empty() && !text.starts_with('/') && !text.ends_with('/');
    if complete && !text.contains(char::is_whitespace) {
        return Ok(text.to_owned());
    }
    Err(format!(
        "`{text}` isn't a model: write it as provider/model, like anthropic/claude-opus-5-5"
    ))
}

/// A run's model as `provider/model`.
#[cfg(feature = "serve")]
pub(super) fn parse_model_config(text: &str) -> Result<crate::domain::ModelConfig, String> {
    let model = parse_model(text)?;
    let (provider, model_id) = model
        .split_once('/')
        .ok_or_else(|| format!("`{text}` names no provider: write it as provider/model"))?;
    Ok(crate::domain::ModelConfig {
        provider: provider.to_owned(),
        model_id: model_id.to_owned(),
        reasoning_level: None,
        temperature: None,
        max_tokens: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn parameters_are_text_numbers_or_booleans() {
        assert_eq!(parse_param("a=b=c"), Ok(("a".into(), json!("b=c"))));
        assert_eq!(parse_param("n=3"), Ok(("n".into(), json!(3))));
        assert_eq!(parse_param("on=true"), Ok(("on".into(), json!(true))));
        assert_eq!(parse_param("list=[1]"), Ok(("list".into(), json!("[1]"))));
        assert_eq!(parse_param("empty="), Ok(("empty".into(), json!(""))));
        assert!(parse_param("novalue").is_err());
        assert!(parse_param("sp ace=1").is_err());
        assert!(parse_param("=1").is_err());
        assert!(parse_param("graph.goal=another").is_err());
    }

    #[test]
    fn a_model_needs_both_sides_of_its_slash() {
        assert_eq!(parse_model("anthropic/x").as_deref(), Ok("anthropic/x"));
        assert_eq!(parse_model("x").as_deref(), Ok("x"));
        for wrong in ["", "/x", "anthropic/", "two words"] {
            assert!(parse_model(wrong).is_err(), "{wrong}");
        }
    }
}

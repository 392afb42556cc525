//! Arguments that come piece by piece, each with its path; pure.

use serde_json::{Map, Value};

use crate::limits::MAX_PARTIAL_JSON_DEPTH;

/// One step of a path.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

/// Arguments as far as they have come.
#[derive(Debug)]
pub(super) struct PartialArgs {
    args: Value,
    /// The path of a text that the next piece may go on with.
    growing: Option<String>,
    /// Why the arguments can't be trusted.
    broken: Option<&'static str>,
}

impl PartialArgs {
    pub(super) fn new(args: &Value) -> Self {
        let args = match args {
            Value::Object(args) => args.clone(),
            _ => Map::new(),
        };
        Self {
            args: Value::Object(args),
            growing: None,
            broken: None,
        }
    }

    pub(super) fn args(&self) -> &Value {
        &self.args
    }

    pub(super) fn broken(&self) -> Option<&'static str> {
        self.broken
    }

    /// Takes the pieces of `args` and `partialArgs` in.
    pub(super) fn apply(&mut self, call: &Value) {
        if let (Value::Object(have), Value::Object(more)) = (&mut self.args, &call["args"]) {
            have.extend(more.clone());
        }
        for piece in call["partialArgs"].as_array().into_iter().flatten() {
            if let Err(reason) = self.piece(piece) {
                self.broken = Some(reason);
            }
        }
    }

    fn piece(&mut self, piece: &Value) -> Result<(), &'static str> {
        let path = piece["jsonPath"].as_str().unwrap_or_default();
        let steps = steps(path)?;
        let grows = self.growing.as_deref() == Some(path);
        self.growing = (piece["willContinue"] == true).then(|| path.to_owned());
        let place = place(&mut self.args, steps)?;
        if let Some(text) = piece["stringValue"].as_str() {
            match place {
                Value::String(have) if grows => have.push_str(text),
                place => *place = text.into(),
            }
        } else if let Some(value) = ["numberValue", "boolValue"]
            .iter()
            .find_map(|key| piece.get(*key))
        {
            *place = value.clone();
        } else {
            *place = Value::Null;
        }
        Ok(())
    }
}

/// The place that a path leads to, made where there is none yet.
fn place(args: &mut Value, steps: Vec<Step>) -> Result<&mut Value, &'static str> {
    let mut place = args;
    for step in steps {
        place = match step {
            Step::Key(key) => {
                if !place.is_object() {
                    *place = Value::Object(Map::new());
                }
                let Value::Object(fields) = place else {
                    return Err(NO_PLACE);
                };
                fields.entry(key).or_insert(Value::Null)
            }
            Step::Index(index) => {
                if !place.is_array() {
                    *place = Value::Array(Vec::new());
                }
                let Value::Array(items) = place else {
                    return Err(NO_PLACE);
                };
                // Items come in order: one place further is the next.
                if index == items.len() {
                    items.push(Value::Null);
                }
                items.get_mut(index).ok_or(NO_PLACE)?
            }
        };
    }
    Ok(place)
}

const NO_PLACE: &str = "a piece of the arguments has no place among the others";
const BAD_PATH: &str = "a piece of the arguments has a path that can't be read";

/// `$.list[0].name`, or `$['list'][0]`.
fn steps(path: &str) -> Result<Vec<Step>, &'static str> {
    let mut rest = path.strip_prefix('$').ok_or(BAD_PATH)?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if steps.len() == MAX_PARTIAL_JSON_DEPTH {
            return Err("the arguments are nested too deeply");
        }
        let (step, after) = step(rest).ok_or(BAD_PATH)?;
        steps.push(step);
        rest = after;
    }
    if steps.is_empty() {
        return Err(BAD_PATH);
    }
    Ok(steps)
}

fn step(path: &str) -> Option<(Step, &str)> {
    if let Some(rest) = path.strip_prefix('.') {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        return (!key.is_empty()).then(|| (Step::Key(key.to_owned()), after));
    }
    let rest = path.strip_prefix('[')?;
    for quote in ['\'', '"'] {
        if let Some(rest) = rest.strip_prefix(quote) {
            let (key, after) = rest.split_once(&format!("{quote}]"))?;
            return Some((Step::Key(key.to_owned()), after));
        }
    }
    let (index, after) = rest.split_once(']')?;
    Some((Step::Index(index.parse().ok()?), after))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pieces_are_put_where_their_paths_lead() {
        let mut args = PartialArgs::new(&Value::Null);
        for piece in [
            json!({"jsonPath": "$.list[0].name", "stringValue": "a", "willContinue": true}),
            json!({"jsonPath": "$.list[0].name", "stringValue": "b"}),
            json!({"jsonPath": "$.list[1]['x.y']", "numberValue": 0.5}),
            json!({"jsonPath": "$.on", "boolValue": true}),
            json!({"jsonPath": "$.none", "nullValue": "NULL_VALUE"}),
        ] {
            args.apply(&json!({"partialArgs": [piece]}));
        }
        let expected = json!({"list": [{"name": "ab"}, {"x.y": 0.5}], "on": true, "none": null});
        assert_eq!((args.args(), args.broken()), (&expected, None));
    }

    #[test]
    fn a_path_that_leads_nowhere_breaks_the_arguments() {
        let deep = format!("${}", "[0]".repeat(10_000));
        for path in ["", "$", "x", "$.", "$[", "$[-1]", "$.a[4000000000]", &deep] {
            let mut args = PartialArgs::new(&Value::Null);
            args.apply(&json!({"partialArgs": [{"jsonPath": path, "stringValue": "x"}]}));
            assert!(args.broken().is_some(), "{path}");
        }
    }
}

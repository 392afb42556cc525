//! Where a secret's values come from: standard input, variables, or a prompt; never arguments.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{IsTerminal as _, Read as _};

use serde_json::Value;

use crate::runner_api::Confidential;
use crate::{Error, console, env};

/// Bytes of values on standard input: a server takes no larger body.
const VALUE_BYTES: u64 = 2 * 1024 * 1024;

/// By key.
pub(super) type Values = BTreeMap<String, Confidential>;

/// The keys that are given, else those that a secret of the provider must have.
pub(super) fn wanted(provider: &Value, given: &[String]) -> Result<Vec<String>, Error> {
    if !given.is_empty() {
        return Ok(given.to_vec());
    }
    let texts = |field: &str| -> Vec<String> {
        let list = provider[field].as_array().map_or(&[][..], Vec::as_slice);
        list.iter()
            .filter_map(|key| key.as_str().map(str::to_owned))
            .collect()
    };
    let mut any = texts("requiredAny");
    any.truncate(1);
    let keys = [texts("requiredAll"), any].concat();
    match keys.is_empty() {
        true => Err(Error::misuse("the secret has no keys").hint("name them with --key KEY")),
        false => Ok(keys),
    }
}

/// Values of variables: `KEY=NAME`, or `NAME` for the key that a secret of the provider must have.
pub(super) fn of_environment(provider: &Value, given: &[String]) -> Result<Values, Error> {
    let mut values = Values::new();
    for text in given {
        let (key, name) = match text.split_once('=') {
            Some((key, name)) => (key.to_owned(), name),
            // Keys of secrets for anything are variables themselves.
            None if provider.is_null() => (text.clone(), text.as_str()),
            None => (wanted(provider, &[])?.swap_remove(0), text.as_str()),
        };
        let value = env::confidential(name)
            .ok_or_else(|| Error::misuse(format!("the variable {name} isn't set")))?;
        if values.insert(key.clone(), value).is_some() {
            return Err(Error::misuse(format!("the key {key} is given twice"))
                .hint("say which value is for which key: --from-env KEY=NAME"));
        }
    }
    Ok(values)
}

/// Values of standard input, or of the person at the terminal.
pub(super) fn typed(keys: &[String]) -> Result<Values, Error> {
    if std::io::stdin().is_terminal() {
        let ask = |key: &String| {
            let typed = console::ask_hidden(&format!("{key}: "));
            match typed {
                Ok(value) if !value.is_empty() => Ok((key.clone(), value.into())),
                Ok(_) => Err(Error::misuse(format!("the key {key} has no value"))),
                Err(error) => Err(Error::misuse(format!(
                    "can't read the value of {key}: {error}"
                ))),
            }
        };
        return keys.iter().map(ask).collect();
    }
    let mut text = String::new();
    let read = std::io::stdin().take(VALUE_BYTES).read_to_string(&mut text);
    read.map_err(|error| Error::misuse(format!("can't read standard input: {error}")))?;
    piped(keys, &text)
}

/// One value as it is, or several as a JSON object.
fn piped(keys: &[String], text: &str) -> Result<Values, Error> {
    if let [key] = keys {
        let value = text.strip_suffix('\n').unwrap_or(text);
        let value = value.strip_suffix('\r').unwrap_or(value);
        if value.is_empty() {
            return Err(Error::misuse("standard input has no value")
                .hint("pipe the value in, or name a variable with --from-env NAME"));
        }
        return Ok(Values::from([(key.clone(), value.to_owned().into())]));
    }
    // What can't be read isn't repeated: it may be a value.
    let values: Values = serde_json::from_str(text).map_err(|_| {
        Error::misuse("standard input is no JSON object of texts")
            .hint("a secret of several keys is read as {\"KEY\": \"VALUE\", …}")
    })?;
    let wanted: BTreeSet<&String> = keys.iter().collect();
    if wanted != values.keys().collect() {
        let message = format!("standard input must have the keys {}", keys.join(", "));
        return Err(Error::misuse(message));
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn keys(keys: &[&str]) -> Vec<String> {
        keys.iter().map(|&key| key.to_owned()).collect()
    }

    #[test]
    fn one_value_is_all_of_standard_input_and_several_are_an_object() {
        let value = |text: &str| piped(&keys(&["k"]), text).unwrap()["k"].expose().to_owned();
        assert_eq!(value("sk-1\n"), "sk-1");
        assert_eq!(value("sk-1\r\n"), "sk-1");
        assert_eq!(value("line\nline\n\n"), "line\nline\n");
        assert!(piped(&keys(&["k"]), "\n").is_err());
        let two = keys(&["b", "a"]);
        let values = piped(&two, r#"{"a": "1", "b": "2"}"#).unwrap();
        assert_eq!(values["b"].expose(), "2");
        for bad in [
            "hunter2",
            r#"{"a": "hunter2"}"#,
            r#"{"a": 1, "b": "hunter2"}"#,
        ] {
            let error = piped(&two, bad).unwrap_err();
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
    }

    #[test]
    fn the_keys_that_are_required_are_asked_for() {
        let all = json!({"requiredAll": ["appId", "privateKey"], "requiredAny": []});
        let any = json!({"requiredAll": [], "requiredAny": ["apiKey", "oauthToken"]});
        assert_eq!(wanted(&all, &[]).unwrap(), ["appId", "privateKey"]);
        assert_eq!(wanted(&any, &[]).unwrap(), ["apiKey"]);
        assert_eq!(wanted(&any, &keys(&["x"])).unwrap(), ["x"]);
        assert!(wanted(&Value::Null, &[]).is_err());
    }
}

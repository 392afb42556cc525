//! Features of an API that a request has to name; pure.

use serde_json::{Map, Value};

use super::http::HttpHeader;
use crate::error::{Error, ErrorKind};

/// The beta features that the caller asks for under the option `beta_headers`.
///
/// # Errors
///
/// [`ErrorKind::InvalidRequest`] when the option isn't a list of strings.
pub(crate) fn asked_for(options: &Map<String, Value>) -> Result<Vec<String>, Error> {
    let names = match options.get("beta_headers") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::String(list)) => list.split(',').map(str::to_owned).collect(),
        Some(Value::Array(list)) if list.iter().all(Value::is_string) => list
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        Some(_) => {
            let message = "beta_headers isn't a list of strings";
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        }
    };
    Ok(names)
}

/// The header that names the features, each once; none when there are none.
pub(crate) fn header(name: &str, features: Vec<String>) -> Option<HttpHeader> {
    let mut unique: Vec<&str> = Vec::new();
    for feature in features.iter().map(|feature| feature.trim()) {
        if !feature.is_empty() && !unique.contains(&feature) {
            unique.push(feature);
        }
    }
    (!unique.is_empty()).then(|| HttpHeader::new(name, unique.join(",")))
}

//! What the real service refuses in headers and options; messages are in `history`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::request::blocks;
use crate::testing::server::protocol::Refusal;

/// Cache points that one request may carry.
const MAX_CACHE_POINTS: usize = 4;

/// The request carries an API key, or a signature of the right shape.
pub(super) fn headers(headers: &BTreeMap<String, String>) -> Result<(), Refusal> {
    let given = headers.get("authorization").map_or("", String::as_str);
    if given
        .strip_prefix("Bearer ")
        .is_some_and(|key| !key.trim().is_empty())
    {
        return Ok(());
    }
    let Some(signature) = given.strip_prefix("AWS4-HMAC-SHA256 ") else {
        return Err(unsigned("Missing Authentication Token"));
    };
    let fields: BTreeMap<&str, &str> = signature
        .split(',')
        .filter_map(|field| field.trim().split_once('='))
        .collect();
    let field = |name: &str| fields.get(name).copied().unwrap_or_default();
    scope(field("Credential"), headers)?;
    covered(field("SignedHeaders"), headers)?;
    let hex = field("Signature");
    if hex.len() != 64 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(unsigned(
            "Authorization header requires 'Signature' parameter.",
        ));
    }
    Ok(())
}

/// `{key}/{date}/{region}/bedrock/aws4_request`, with the date of the request.
fn scope(credential: &str, headers: &BTreeMap<String, String>) -> Result<(), Refusal> {
    let date = headers.get("x-amz-date").map_or("", String::as_str);
    let day = date.split('T').next().unwrap_or_default();
    match credential.split('/').collect::<Vec<_>>().as_slice() {
        [key, on, region, "bedrock", "aws4_request"]
            if !key.is_empty() && !region.is_empty() && *on == day && day.len() == 8 =>
        {
            Ok(())
        }
        _ => Err(unsigned(&format!(
            "Credential should be scoped to a valid region and service, not {credential:?} on {date:?}"
        ))),
    }
}

/// Host, time and every header of AWS's own are signed, in order.
fn covered(signed: &str, headers: &BTreeMap<String, String>) -> Result<(), Refusal> {
    let names: Vec<&str> = signed.split(';').collect();
    let own = headers.keys().filter(|name| name.starts_with("x-amz-"));
    let needed = own.map(String::as_str).chain(["host", "x-amz-date"]);
    let missing: Vec<&str> = needed.filter(|name| !names.contains(name)).collect();
    if missing.is_empty() && names.is_sorted() {
        return Ok(());
    }
    Err(unsigned(&format!(
        "'{}' must be a 'SignedHeader' in the AWS Authorization.",
        missing.join(", ")
    )))
}

fn unsigned(message: &str) -> Refusal {
    Refusal {
        status: 403,
        message: message.to_owned(),
    }
}

/// Lengths, tools and cache points.
pub(super) fn body(body: &Value) -> Result<(), Refusal> {
    require(body.is_object(), || {
        "the request body is not valid JSON".to_owned()
    })?;
    for (key, place) in [("max_tokens", body), ("model", body), ("tools", body)] {
        require(place.get(key).is_none(), || {
            format!("extraneous key [{key}] is not permitted")
        })?;
    }
    let max = &body["inferenceConfig"]["maxTokens"];
    require(
        max.is_null() || max.as_u64().is_some_and(|max| max > 0),
        || format!("Value {max} at 'inferenceConfig.maxTokens' must be at least 1"),
    )?;
    tools(body)?;
    let points = cache_points(body);
    require(points <= MAX_CACHE_POINTS, || {
        format!("a maximum of {MAX_CACHE_POINTS} cache points may be provided, found {points}")
    })
}

fn tools(body: &Value) -> Result<(), Refusal> {
    let config = &body["toolConfig"];
    let tools = config["tools"].as_array().map_or(&[][..], Vec::as_slice);
    require(config.is_null() || !tools.is_empty(), || {
        "toolConfig.tools: at least 1 item is needed".to_owned()
    })?;
    let mut names = BTreeSet::new();
    for spec in tools.iter().filter_map(|tool| tool.get("toolSpec")) {
        let name = spec["name"].as_str().unwrap_or_default();
        require(is_name(name), || {
            format!("toolSpec.name {name:?} must satisfy the pattern [a-zA-Z0-9_-]+, at most 64")
        })?;
        require(names.insert(name), || {
            format!("The tool {name} is defined twice.")
        })?;
        require(spec["description"] != "", || {
            "toolSpec.description must have length greater than or equal to 1".to_owned()
        })?;
        require(spec["inputSchema"]["json"]["type"] == "object", || {
            format!("toolSpec.inputSchema.json.type of {name} must be 'object'")
        })?;
    }
    let choice = config["toolChoice"].as_object();
    let word = choice
        .and_then(|choice| choice.keys().next())
        .map(String::as_str);
    let known = matches!(word, None | Some("auto" | "any" | "tool"));
    require(known, || format!("toolChoice {word:?} is unknown"))?;
    let named = config["toolChoice"]["tool"]["name"].as_str();
    let unknown = named.filter(|name| !names.contains(name));
    require(unknown.is_none(), || {
        format!("toolChoice names {unknown:?}, which isn't among the tools")
    })
}

pub(super) fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    (1..=64).contains(&name.len()) && name.chars().all(allowed)
}

fn cache_points(body: &Value) -> usize {
    let list = |value: &Value| {
        let items = value.as_array().map_or(&[][..], Vec::as_slice).iter();
        items
            .filter(|item| item.get("cachePoint").is_some())
            .count()
    };
    let messages = body["messages"].as_array().map_or(&[][..], Vec::as_slice);
    let in_messages = messages.iter().flat_map(blocks);
    list(&body["system"])
        + list(&body["toolConfig"]["tools"])
        + in_messages
            .filter(|block| block.get("cachePoint").is_some())
            .count()
}

pub(super) fn require(holds: bool, message: impl FnOnce() -> String) -> Result<(), Refusal> {
    if holds {
        Ok(())
    } else {
        Err(Refusal::invalid(message()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_needs_its_shape() {
        let hex = "0123456789abcdef".repeat(4);
        let good = format!(
            "AWS4-HMAC-SHA256 Credential=AKID/20260102/us-east-1/bedrock/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date, Signature={hex}"
        );
        let check = |authorization: &str| {
            let given = [
                ("authorization", authorization),
                ("x-amz-date", "20260102T030405Z"),
            ];
            let given = given.map(|(name, value)| (name.to_owned(), value.to_owned()));
            headers(&BTreeMap::from(given))
        };
        assert_eq!(check(&good), Ok(()));
        assert_eq!(check("Bearer key"), Ok(()));
        for (part, wrong) in [
            ("20260102/", "20260103/"),
            ("/bedrock/", "/s3/"),
            (";x-amz-date", ""),
            ("host;", ""),
            (hex.as_str(), "abc"),
            ("AWS4-HMAC-SHA256", "AWS4"),
        ] {
            let refusal = check(&good.replace(part, wrong)).unwrap_err();
            assert_eq!(refusal.status, 403, "{part}");
        }
        assert!(check("").is_err() && check("Bearer ").is_err());
    }
}

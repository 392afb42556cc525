//! `Request` -> Responses body; pure.

use serde_json::{Map, Value, json};

use super::input::conversation;
use super::item::{Target, untie};
use super::model::ModelTraits;
use super::options::OPTIONS;
use super::params::Params;
use crate::error::Error;
use crate::handoff;
use crate::provider::beta;
use crate::provider::fields::Fields;
use crate::provider::protocol::Translated;
use crate::types::{Request, ResponseFormat};

/// What makes the API hand its reasoning over, to be sent back.
const ENCRYPTED_REASONING: &str = "reasoning.encrypted_content";

/// Translates a request to `provider`.
///
/// # Errors
///
/// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) for what the API can't take.
pub(super) fn translate(
    request: &Request,
    provider: &str,
    stream: bool,
) -> Result<Translated<Fields>, Error> {
    let none = Map::new();
    let options = request.options_for(provider).unwrap_or(&none);
    let stored = options.get("store") == Some(&Value::Bool(true));
    let target = Target {
        provider,
        model: &request.model,
        stored,
    };
    let mut talk = conversation(&request.messages, target)?;
    let mut params = Params {
        request,
        options,
        traits: ModelTraits::of(&request.model),
        body: Fields::default(),
        warnings: talk.warnings,
    };
    params.set("model", request.model.as_str());
    talk.instructions.extend(params.response_format());
    if !talk.instructions.is_empty() {
        params.set("instructions", talk.instructions.join("\n\n"));
    }
    if request.response_format == Some(ResponseFormat::Json) && !mentions_json(&talk.items) {
        talk.items.insert(0, ask_for_json());
    }
    params.set("input", talk.items);
    params.tools();
    params.length();
    params.reasoning();
    if !request.metadata.is_empty() {
        params.set("metadata", json!(request.metadata));
    }
    params.set("store", stored);
    // A model that doesn't reason refuses to be asked for it.
    if !stored && params.traits.reasons != Some(false) {
        params.set("include", json!([ENCRYPTED_REASONING]));
    }
    if stream {
        params.set("stream", true);
    }
    OPTIONS.merge(&mut params.body, options);
    params.sampling();
    let features = beta::asked_for(options)?;
    Ok(Translated {
        path: "/responses".to_owned(),
        headers: beta::header("openai-beta", features).into_iter().collect(),
        body: params.body,
        warnings: params.warnings,
    })
}

/// Whom the conversation is handed to.
pub(super) fn target<'a>(
    mut target: handoff::Target<'a>,
    request: &Request,
) -> handoff::Target<'a> {
    let options = request.options_for(target.provider);
    let given = |key: &str| {
        let value = options.and_then(|options| options.get(key));
        value.is_some_and(|value| !value.is_null())
    };
    target.continues = given("previous_response_id") || given("conversation");
    target.untie = Some(untie);
    target
}

/// The API gives free JSON only to a conversation that has the word.
fn mentions_json(items: &[Value]) -> bool {
    let texts = items
        .iter()
        .filter_map(|item| item["content"].as_array())
        .flatten()
        .filter_map(|part| part["text"].as_str());
    texts
        .into_iter()
        .any(|text| text.to_lowercase().contains("json"))
}

fn ask_for_json() -> Value {
    let text = "Answer with one JSON value and nothing else.";
    let content = json!([{"type": "input_text", "text": text}]);
    json!({"type": "message", "role": "developer", "content": content})
}

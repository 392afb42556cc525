//! The scripted server as the Gemini API: it takes what the real one took and refuses the rest.

#![expect(clippy::unwrap_used, reason = "tests")]

use attractor_llm::testing::{Script, ScriptedServer, Turn};
use serde_json::{Value, json};

use crate::testing_wire::{Raw, send};

const HEADERS: &str = "x-goog-api-key: k\r\n";

async fn post(server: &ScriptedServer, model: &str, body: &Value) -> Raw {
    let line = format!("POST /v1beta/models/{model}:generateContent");
    send(server, &line, HEADERS, &body.to_string()).await
}

async fn server() -> ScriptedServer {
    let script = Script::new().turn(Turn::text("ok").repeat());
    ScriptedServer::start(script).await.unwrap()
}

fn said(role: &str, part: Value) -> Value {
    json!({"role": role, "parts": [part]})
}

fn contents(contents: &[Value]) -> Value {
    json!({"contents": contents})
}

fn hello(key: &str, value: Value) -> Value {
    let mut body = contents(&[said("user", json!({"text": "hello"}))]);
    body[key] = value;
    body
}

/// Each body is refused with a message that holds the words.
async fn check(cases: &[(Value, &str)]) {
    let server = server().await;
    for (body, words) in cases {
        let raw = post(&server, "gemini-3-flash", body).await;
        assert_eq!(raw.status, 400, "{body}");
        let message = raw.error_message();
        assert!(message.contains(words), "{body}: {message}");
    }
}

#[tokio::test]
async fn malformed_options_are_refused_with_the_services_words() {
    let function = json!({"name": "n", "parametersJsonSchema": {"type": "object"}});
    let declared = |functions: Value| hello("tools", json!([{"functionDeclarations": functions}]));
    let config = |config: Value| hello("generationConfig", config);
    let mut both = function.clone();
    both["parameters"] = json!({"type": "OBJECT"});
    check(&[
        (hello("messages", json!([])), "Unknown name \"messages\""),
        (
            config(json!({"max_tokens": 1})),
            "Unknown name \"max_tokens\"",
        ),
        (config(json!({"maxOutputTokens": 0})), "not positive"),
        (
            config(json!({"stopSequences": [1, 2, 3, 4, 5, 6]})),
            "stop sequences",
        ),
        (
            config(json!({"thinkingConfig": {"thinkingBudget": 1, "thinkingLevel": "low"}})),
            "only one of thinking budget",
        ),
        (
            config(json!({"responseJsonSchema": {}})),
            "application/json",
        ),
        (declared(json!([{"name": "a b"}])), "Invalid function name"),
        (declared(json!([function, function])), "Duplicate function"),
        (declared(json!([both])), "Only one of parameters"),
        (
            hello(
                "toolConfig",
                json!({"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["x"]}}),
            ),
            "isn't among",
        ),
    ])
    .await;
    let mut cached = hello("cachedContent", json!("c"));
    cached["tools"] = json!([]);
    check(&[(cached, "CachedContent can not be used")]).await;
}

#[tokio::test]
async fn malformed_contents_are_refused_with_the_services_words() {
    let user = said("user", json!({"text": "hello"}));
    let call = |signed: bool| {
        let mut call = json!({"functionCall": {"id": "c", "name": "n", "args": {}}});
        if signed {
            call["thoughtSignature"] = "s".into();
        }
        said("model", call)
    };
    let result = |name: &str, response: Value| {
        let result = json!({"id": "c", "name": name, "response": response});
        said("user", json!({"functionResponse": result}))
    };
    let ok = || result("n", json!({"result": 1}));
    check(&[
        (json!({"contents": []}), "contents is not specified"),
        (
            contents(&[said("assistant", json!({"text": "x"}))]),
            "valid role",
        ),
        (
            contents(&[json!({"role": "user", "parts": []})]),
            "must not be empty",
        ),
        (
            contents(&[said("user", json!({}))]),
            "required oneof field 'data'",
        ),
        (
            contents(&[said("user", json!({"type": "text"}))]),
            "Unknown name \"type\"",
        ),
        (
            contents(&[call(true), ok()]),
            "immediately after a user turn",
        ),
        (
            contents(&[user.clone(), ok()]),
            "immediately after a function call turn",
        ),
        (
            contents(&[user.clone(), call(true)]),
            "number of function response parts",
        ),
        (
            contents(&[user.clone(), call(true), user.clone()]),
            "number of function response parts",
        ),
        (
            contents(&[user.clone(), call(false), ok()]),
            "missing a thought_signature",
        ),
        (
            contents(&[user.clone(), call(true), result("m", json!({}))]),
            "doesn't match",
        ),
        (
            contents(&[user.clone(), call(true), result("n", json!("x"))]),
            "protobuf.Struct",
        ),
    ])
    .await;
    let server = server().await;
    let sound = contents(&[user.clone(), call(true), ok()]);
    assert_eq!(post(&server, "gemini-3-flash", &sound).await.status, 200);
    let unsigned = contents(&[user, call(false), ok()]);
    assert_eq!(post(&server, "gemini-2.5-pro", &unsigned).await.status, 200);
}

#[tokio::test]
async fn a_key_is_required() {
    let server = server().await;
    let raw = send(&server, "POST /v1beta/models/m:generateContent", "", "{}").await;
    assert_eq!(raw.status, 403);
}

//! The script as data.

use attractor_llm::ErrorKind;
use attractor_llm::testing::{Match, Script, Turn};
use serde_json::json;

#[test]
fn a_script_survives_json() {
    let turn = Turn::thinking("hm", "c2ln")
        .and_redacted_thinking("opaque")
        .and_text("Grüße")
        .and_tool_call("shell", json!({"command": "ls"}))
        .and_raw_tool_call("shell", "{\"comm")
        .and_block(json!({"type": "server_tool_use"}))
        .and_event("ping", "{}")
        .then_stream_error("overloaded_error", "busy")
        .when(
            Match::any()
                .tool_results(2)
                .model("m")
                .stream(true)
                .last_message_contains("x"),
        )
        .usage(10, 5)
        .cache_usage(3, 4)
        .reasoning_usage(2)
        .finish_reason("length")
        .header("request-id", "r1")
        .delay_ms(1)
        .event_delay_ms(2)
        .cut_after_events(3)
        .cut_after_bytes(4)
        .hold_open()
        .untidy()
        .times(7);
    let script: Script = [turn, Turn::api_error(429, "slow").repeat()]
        .into_iter()
        .collect();
    let text = serde_json::to_string(&script).unwrap();
    assert_eq!(Script::from_json(&text).unwrap(), script);
}

#[test]
fn what_is_default_is_left_out_of_the_json() {
    let script = Script::new().turn(Turn::text("hi"));
    let expected = json!({"turns": [{"content": [{"type": "text", "text": "hi"}]}]});
    assert_eq!(serde_json::to_value(script).unwrap(), expected);
}

#[test]
fn a_misspelt_field_is_an_error_with_its_place() {
    let error = Script::from_json(r#"{"turns": [{"contents": []}]}"#).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("`contents`"), "{error}");
    assert!(error.to_string().contains("line 1"), "{error}");
}

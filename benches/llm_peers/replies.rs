//! The bodies that the server sends: what the providers send, with their usual fields.

use std::fmt::Write as _;

use crate::scenario::Scenario;

/// The text of one delta, which no client trims; a token is four letters on average.
pub(crate) const DELTA: &str = "word,";

/// A protocol that the server speaks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Protocol {
    Chat,
    Messages,
    Responses,
}

impl Protocol {
    pub(crate) fn of_path(path: &str) -> Option<Self> {
        [
            ("/chat/completions", Self::Chat),
            ("/messages", Self::Messages),
            ("/responses", Self::Responses),
        ]
        .into_iter()
        .find_map(|(end, protocol)| path.ends_with(end).then_some(protocol))
    }

    /// The pieces of a stream, one for each write.
    pub(crate) fn stream(self, scenario: Scenario) -> Vec<String> {
        let (start, end) = self.ends(scenario);
        let mut writes = vec![start];
        let mut written = 0;
        while written < scenario.events {
            let events = scenario.per_write.min(scenario.events - written);
            writes.push(
                (written..written + events)
                    .map(|at| self.delta(at))
                    .collect(),
            );
            written += events;
        }
        if !scenario.stays_open {
            writes.push(end);
        }
        writes
    }

    fn delta(self, at: usize) -> String {
        match self {
            Self::Chat => chunk(&format!(r#"{{"content":"{DELTA}"}}"#), "null", "null"),
            Self::Messages => event(
                "content_block_delta",
                &format!(r#""index":0,"delta":{{"type":"text_delta","text":"{DELTA}"}}"#),
            ),
            Self::Responses => event(
                "response.output_text.delta",
                &format!(
                    r#""sequence_number":{},"item_id":"msg_68e2d6a9c1f4819b","output_index":0,"content_index":0,"delta":"{DELTA}","logprobs":[],"obfuscation":"vT3kQ9""#,
                    at + 4
                ),
            ),
        }
    }

    /// What comes before the deltas and after them.
    fn ends(self, scenario: Scenario) -> (String, String) {
        let text = DELTA.repeat(scenario.events);
        match self {
            Self::Chat => {
                let start = chunk(
                    r#"{"role":"assistant","content":"","refusal":null}"#,
                    "null",
                    "null",
                );
                let end = chunk("{}", r#""stop""#, "null") + "data: [DONE]\n\n";
                (start, end)
            }
            Self::Messages => (
                event(
                    "message_start",
                    &format!(r#""message":{}"#, message("[]", "null", 1)),
                ) + &event(
                    "content_block_start",
                    r#""index":0,"content_block":{"type":"text","text":""}"#,
                ),
                event("content_block_stop", r#""index":0"#)
                    + &event(
                        "message_delta",
                        r#""delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":12}"#,
                    )
                    + &event("message_stop", r#""x":0"#),
            ),
            Self::Responses => {
                let open = item("in_progress", "[]");
                let done = item("completed", &format!("[{}]", part(&text)));
                let begun = response("in_progress", "[]", "null");
                let finished = response("completed", &format!("[{done}]"), RESPONSES_USAGE);
                let part_at =
                    r#""item_id":"msg_68e2d6a9c1f4819b","output_index":0,"content_index":0"#;
                let start = event(
                    "response.created",
                    &format!(r#""sequence_number":0,"response":{begun}"#),
                ) + &event(
                    "response.output_item.added",
                    &format!(r#""sequence_number":2,"output_index":0,"item":{open}"#),
                ) + &event(
                    "response.content_part.added",
                    &format!(r#""sequence_number":3,{part_at},"part":{}"#, part("")),
                );
                let end = event(
                    "response.output_item.done",
                    &format!(r#""sequence_number":9,"output_index":0,"item":{done}"#),
                ) + &event(
                    "response.completed",
                    &format!(r#""sequence_number":10,"response":{finished}"#),
                );
                (start, end)
            }
        }
    }

    /// The body of a reply that comes whole.
    pub(crate) fn whole(self, scenario: Scenario) -> String {
        let text = DELTA.repeat(scenario.events);
        match self {
            Self::Chat => format!(
                r#"{{"id":"chatcmpl-CNbwRVQ8nkOvaWd1PxS6f2","object":"chat.completion","created":1759696575,"model":"gpt-5.5-2026-08-07","choices":[{{"index":0,"message":{{"role":"assistant","content":"{text}","refusal":null,"annotations":[]}},"logprobs":null,"finish_reason":"stop"}}],"usage":{CHAT_USAGE},"service_tier":"default","system_fingerprint":"fp_cbf1785567"}}"#
            ),
            Self::Messages => message(
                &format!(r#"[{{"type":"text","text":"{text}"}}]"#),
                r#""end_turn""#,
                12,
            ),
            Self::Responses => {
                let output = format!("[{}]", item("completed", &format!("[{}]", part(&text))));
                response("completed", &output, RESPONSES_USAGE)
            }
        }
    }
}

const CHAT_USAGE: &str = r#"{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}"#;

const RESPONSES_USAGE: &str = r#"{"input_tokens":9,"input_tokens_details":{"cached_tokens":0},"output_tokens":12,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":21}"#;

fn chunk(delta: &str, finish_reason: &str, usage: &str) -> String {
    format!(
        "data: {{\"id\":\"chatcmpl-CNbwRVQ8nkOvaWd1PxS6f2\",\"object\":\"chat.completion.chunk\",\"created\":1759696575,\"model\":\"gpt-5.5-2026-08-07\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_cbf1785567\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"logprobs\":null,\"finish_reason\":{finish_reason}}}],\"usage\":{usage},\"obfuscation\":\"vT3kQ9\"}}\n\n"
    )
}

fn event(name: &str, fields: &str) -> String {
    let mut event = String::new();
    write!(
        event,
        "event: {name}\ndata: {{\"type\":\"{name}\",{fields}}}\n\n"
    )
    .unwrap();
    event
}

fn message(content: &str, stop_reason: &str, output_tokens: u64) -> String {
    format!(
        r#"{{"id":"msg_01XFDUDYJgAACzvnptvVoYEL","type":"message","role":"assistant","model":"claude-opus-5-5","content":{content},"stop_reason":{stop_reason},"stop_sequence":null,"usage":{{"input_tokens":9,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":{output_tokens},"service_tier":"standard"}}}}"#
    )
}

fn part(text: &str) -> String {
    format!(r#"{{"type":"output_text","annotations":[],"logprobs":[],"text":"{text}"}}"#)
}

fn item(status: &str, content: &str) -> String {
    format!(
        r#"{{"id":"msg_68e2d6a9c1f4819b","type":"message","status":"{status}","content":{content},"role":"assistant"}}"#
    )
}

fn response(status: &str, output: &str, usage: &str) -> String {
    format!(
        r#"{{"id":"resp_68e2d6a8f7b0819b","object":"response","created_at":1759696575,"status":"{status}","background":false,"error":null,"incomplete_details":null,"instructions":null,"max_output_tokens":null,"model":"gpt-5.5-2026-08-07","output":{output},"parallel_tool_calls":true,"previous_response_id":null,"reasoning":{{"effort":null,"summary":null}},"service_tier":"default","store":true,"temperature":1.0,"text":{{"format":{{"type":"text"}},"verbosity":"medium"}},"tool_choice":"auto","tools":[],"top_p":1.0,"truncation":"disabled","usage":{usage},"user":null,"metadata":{{}}}}"#
    )
}

//! How servers say that a prompt doesn't fit, as data: one row for each wording; pure.

use super::classify::{BUSY, THROTTLED};

/// Whether an error's text or code, both in lower case, says that the prompt doesn't fit.
///
/// A text about throttling or load never does, whatever else it says.
pub(super) fn says_overflow(text: &str, code: &str) -> bool {
    let passing = || {
        [THROTTLED, BUSY]
            .concat()
            .iter()
            .any(|it| text.contains(it))
    };
    CODES.contains(&code) || (WORDINGS.iter().any(|it| it.fits(text)) && !passing())
}

/// One way to say it.
struct Wording {
    /// Fragments that occur in this order, in lower case.
    says: &'static [&'static str],
    /// A text that was seen, from the server named.
    #[cfg_attr(not(test), expect(dead_code, reason = "shows what the row is for"))]
    seen: &'static [(&'static str, &'static str)],
}

impl Wording {
    fn fits(&self, text: &str) -> bool {
        let mut rest = text;
        self.says.iter().all(|fragment| match rest.find(fragment) {
            Some(at) => {
                rest = &rest[at + fragment.len()..];
                true
            }
            None => false,
        })
    }
}

const CODES: &[&str] = &[
    "context_length_exceeded",
    "context_window_exceeded",
    "exceed_context_size_error",
    "model_context_window_exceeded",
    "request_too_large",
    "string_above_max_length",
];

const WORDINGS: &[Wording] = &[
    Wording {
        says: &["context length"],
        seen: &[
            (
                "OpenAI",
                "This model's maximum context length is 8192 tokens. However, your messages resulted in 8198 tokens.",
            ),
            (
                "OpenRouter",
                "This endpoint's maximum context length is 131072 tokens. However, you requested about 132463 tokens",
            ),
            (
                "LiteLLM",
                "Requested token count exceeds the model's maximum context length of 131072 tokens",
            ),
            (
                "vLLM",
                "'max_tokens' or 'max_completion_tokens' is too large: 2000. This model's maximum context length is 4096 tokens and your request has 2104 input tokens",
            ),
            (
                "SGLang",
                "Input length (265330) exceeds model's maximum context length (262144).",
            ),
            (
                "Together",
                "The input (90001 tokens) is longer than the model's context length (32768 tokens).",
            ),
            (
                "LM Studio",
                "The number of tokens to keep from the initial prompt is greater than the context length.",
            ),
            (
                "Ollama",
                "prompt too long; exceeded max context length by 112 tokens",
            ),
            (
                "Mistral",
                "Prompt contains 70002 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
            ),
        ],
    },
    Wording {
        says: &["context_length_exceeded"],
        seen: &[("a proxy", "Error code: context_length_exceeded")],
    },
    Wording {
        says: &["model_context_window_exceeded"],
        seen: &[("z.ai", "finish reason: model_context_window_exceeded")],
    },
    Wording {
        says: &["exceed", "context window"],
        seen: &[
            (
                "OpenAI",
                "Your input exceeds the context window of this model. Please adjust your input and try again.",
            ),
            (
                "an OpenAI-compatible server",
                "the request exceeded this model's context window",
            ),
        ],
    },
    Wording {
        says: &["context window exceed"],
        seen: &[("MiniMax", "invalid params, context window exceeds limit")],
    },
    Wording {
        says: &["exceed", "context limit"],
        seen: &[(
            "Anthropic",
            "input length and `max_tokens` exceed context limit: 198000 + 21333 > 200000, decrease input length or `max_tokens`",
        )],
    },
    Wording {
        says: &["exceed", "context size"],
        seen: &[(
            "llama.cpp",
            "the request exceeds the available context size, try increasing it",
        )],
    },
    Wording {
        says: &["context size has been exceeded"],
        seen: &[("llama.cpp", "Context size has been exceeded.")],
    },
    Wording {
        says: &["prompt has", "configured context size"],
        seen: &[(
            "DS4",
            "Prompt has 40,123 tokens, but the configured context size is 32,768 tokens",
        )],
    },
    Wording {
        says: &["n_keep", "n_ctx"],
        seen: &[(
            "LM Studio",
            "Trying to keep the first 5120 tokens when context the overflows (n_keep: 5120 >= n_ctx: 4096)",
        )],
    },
    Wording {
        says: &["too many tokens"],
        seen: &[(
            "Cohere",
            "too many tokens: total number of tokens in this request exceeds the limit",
        )],
    },
    Wording {
        says: &["prompt is too long"],
        seen: &[(
            "Anthropic",
            "prompt is too long: 213462 tokens > 200000 maximum",
        )],
    },
    Wording {
        says: &["prompt too long"],
        seen: &[("a local server", "prompt too long")],
    },
    Wording {
        says: &["input is too long"],
        seen: &[("Bedrock", "Input is too long for requested model.")],
    },
    Wording {
        says: &["input too long"],
        seen: &[("a compatible server", "input too long")],
    },
    Wording {
        says: &["input token count", "exceeds"],
        seen: &[(
            "Gemini",
            "The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).",
        )],
    },
    Wording {
        says: &["input tokens exceed"],
        seen: &[(
            "OpenAI",
            "Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 280001 tokens.",
        )],
    },
    Wording {
        says: &["input length", "exceeds"],
        seen: &[(
            "Poolside",
            "Input length 140211 exceeds the maximum allowed input length of 131072 tokens.",
        )],
    },
    Wording {
        says: &["range of input length should be"],
        seen: &[("DashScope", "Range of input length should be [1, 98304]")],
    },
    Wording {
        says: &["maximum prompt length is"],
        seen: &[(
            "xAI",
            "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
        )],
    },
    Wording {
        says: &["reduce the length of the messages"],
        seen: &[(
            "Groq",
            "Please reduce the length of the messages or completion.",
        )],
    },
    Wording {
        says: &["prompt token count", "exceeds the limit of"],
        seen: &[(
            "GitHub Copilot",
            "prompt token count of 150000 exceeds the limit of 128000",
        )],
    },
    Wording {
        says: &["exceeded model token limit"],
        seen: &[(
            "Moonshot",
            "Invalid request: Your request exceeded model token limit: 131072 (requested: 160000)",
        )],
    },
    Wording {
        says: &["tokens in request more than max tokens allowed"],
        seen: &[(
            "a compatible server",
            "tokens in request more than max tokens allowed",
        )],
    },
    Wording {
        says: &["token limit exceeded"],
        seen: &[("a compatible server", "Token limit exceeded")],
    },
    Wording {
        says: &["request_too_large"],
        seen: &[(
            "a proxy of Anthropic",
            "request_too_large: Request exceeds the maximum size",
        )],
    },
    Wording {
        says: &["request exceeds the maximum size"],
        seen: &[("Anthropic", "Request exceeds the maximum size")],
    },
    Wording {
        says: &["request entity too large"],
        seen: &[("a proxy", "Request Entity Too Large")],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ErrorKind, classify};

    /// The kind of a rejected request that says this.
    fn kind(text: &str) -> ErrorKind {
        classify(400, None, text, false)
    }

    #[test]
    fn every_wording_that_was_seen_is_an_overflow() {
        for wording in WORDINGS {
            assert!(!wording.seen.is_empty(), "{:?}", wording.says);
            for (server, text) in wording.seen {
                assert!(wording.fits(&text.to_lowercase()), "{server}: {text}");
                assert_eq!(kind(text), ErrorKind::ContextLength, "{server}: {text}");
                assert_eq!(classify(0, None, text, false), ErrorKind::ContextLength);
            }
        }
        for code in CODES {
            let kind = classify(400, Some(code), "", false);
            assert_eq!(kind, ErrorKind::ContextLength, "{code}");
        }
    }

    #[test]
    fn a_local_server_that_calls_it_its_own_failure_is_understood() {
        let text = "the request exceeds the available context size, try increasing it";
        assert_eq!(classify(500, None, text, false), ErrorKind::ContextLength);
        assert_eq!(classify(500, None, "oops", false), ErrorKind::Server);
    }

    #[test]
    fn throttling_is_not_an_overflow_though_it_says_too_many_tokens() {
        for text in [
            "ThrottlingException: Too many tokens, please wait before trying again.",
            "Throttling error: Too many tokens per day, please wait before trying again.",
            "Rate limit reached: too many tokens per minute (TPM)",
            "Too many requests: token limit exceeded for this minute",
        ] {
            assert_eq!(kind(text), ErrorKind::RateLimit, "{text}");
        }
        let busy = "Service unavailable: too many tokens in flight";
        assert_eq!(kind(busy), ErrorKind::Server);
    }

    #[test]
    fn a_limit_of_the_answer_or_a_parameter_is_not_an_overflow() {
        for text in [
            "max_tokens: 300000 > 128000, which is the maximum allowed number of output tokens",
            "max_tokens is too large: 300000. This model supports at most 16384 completion tokens",
            "Range of max_tokens should be [1, 8192]",
            "Unrecognized request argument supplied: context_window",
            "tools.0.name: string should have at most 64 characters",
            "messages.3.content.0.image: image exceeds 5 MB maximum",
        ] {
            assert_eq!(kind(text), ErrorKind::InvalidRequest, "{text}");
        }
    }
}

use serde::{Deserialize, Serialize};

use super::ProviderMetadata;

/// Which provider and model produced a part.
///
/// Opaque reasoning is valid only for the provider and model it came from, so an adapter drops it
/// when either has changed since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Origin {
    /// The provider's name, as registered with the client.
    pub provider: String,
    /// The model as it was asked for.
    pub model: String,
}

impl Origin {
    /// An origin of the given provider and model.
    #[must_use]
    pub fn new(provider: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            provider: provider.into(),
            model: model.into(),
        }
    }
}

/// A model's reasoning, readable or redacted.
///
/// Source: unified-llm-spec 3.5.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ThinkingData {
    /// The reasoning as text; empty when it is redacted.
    #[serde(default)]
    pub text: String,
    /// The opaque value that proves or replaces the text: the signature of readable reasoning, the
    /// whole payload of redacted reasoning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// Whether the reasoning can't be read and is only to be sent back.
    #[serde(default)]
    pub redacted: bool,
    /// Who produced it; unknown for parts built by hand, which are always sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// What the provider attached; replayed to it verbatim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_metadata: Option<ProviderMetadata>,
}

impl ThinkingData {
    /// Readable reasoning.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    /// Redacted reasoning, which is nothing but its opaque payload.
    #[must_use]
    pub fn redacted(payload: impl Into<String>) -> Self {
        Self {
            signature: Some(payload.into()),
            redacted: true,
            ..Self::default()
        }
    }

    /// Sets the signature.
    #[must_use]
    pub fn signature(mut self, signature: impl Into<String>) -> Self {
        self.signature = Some(signature.into());
        self
    }

    /// Sets who produced it.
    #[must_use]
    pub fn origin(mut self, origin: Origin) -> Self {
        self.origin = Some(origin);
        self
    }
}

use super::ToolCallIds;
use crate::catalog::{model_info, model_of};
use crate::provider::Capabilities;
use crate::types::Message;

/// Takes away what ties a message to reasoning of its own that it has lost.
pub(crate) type Untie = fn(&mut Message, &Target<'_>);

/// Whom a conversation is sent to.
///
/// ```
/// use attractor_llm::handoff::{Target, ToolCallIds};
///
/// let target = Target::new("mistral", "mistral-large-latest")
///     .tool_call_ids(ToolCallIds::alphanumeric(9))
///     .audio(false);
/// assert!(target.images && !target.audio);
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Target<'a> {
    /// The provider's name, as registered with the client.
    pub provider: &'a str,
    /// The model as it is asked for.
    pub model: &'a str,
    /// The tool-call ids it accepts.
    pub tool_call_ids: ToolCallIds,
    /// Whether the model takes images.
    pub images: bool,
    /// Whether the model takes recordings.
    pub audio: bool,
    /// Whether the model takes documents.
    pub documents: bool,
    /// Whether the conversation goes on from one that the provider keeps, which may hold the calls
    /// of results that have none here.
    pub continues: bool,
    pub(crate) untie: Option<Untie>,
}

impl<'a> Target<'a> {
    /// A model that takes whatever the [catalog](crate::catalog) doesn't deny it.
    #[must_use]
    pub fn new(provider: &'a str, model: &'a str) -> Self {
        let info = model_of(provider, model).or_else(|| model_info(model));
        Self {
            provider,
            model,
            tool_call_ids: ToolCallIds::default(),
            images: info.is_none_or(|info| info.supports_vision),
            audio: true,
            documents: true,
            continues: false,
            untie: None,
        }
    }

    /// Sets the tool-call ids it accepts.
    #[must_use]
    pub fn tool_call_ids(mut self, tool_call_ids: ToolCallIds) -> Self {
        self.tool_call_ids = tool_call_ids;
        self
    }

    /// Sets whether the model takes images.
    #[must_use]
    pub fn images(mut self, images: bool) -> Self {
        self.images = images;
        self
    }

    /// Sets whether the model takes recordings.
    #[must_use]
    pub fn audio(mut self, audio: bool) -> Self {
        self.audio = audio;
        self
    }

    /// Sets whether the model takes documents.
    #[must_use]
    pub fn documents(mut self, documents: bool) -> Self {
        self.documents = documents;
        self
    }

    /// Takes away what the adapter can't send.
    pub(crate) fn able_to(mut self, adapter: &Capabilities) -> Self {
        self.images &= adapter.images;
        self.audio &= adapter.audio;
        self.documents &= adapter.documents;
        self
    }

    /// Sets whether the conversation goes on from one that the provider keeps.
    #[must_use]
    pub fn continues(mut self, continues: bool) -> Self {
        self.continues = continues;
        self
    }
}

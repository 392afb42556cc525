//! What a tool returns.

use attractor_llm::ImageData;

/// A tool's output, before it is cut to what the model is shown.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ToolOutput {
    /// The whole text.
    pub text: String,
    /// Whether the model must take it as a failure.
    pub is_error: bool,
    /// An image beside the text.
    pub image: Option<ImageData>,
    /// What stands for the output when calls are compared to find a loop; the text unless set.
    /// For outputs that differ each time in what doesn't matter, such as a duration.
    pub fingerprint: Option<String>,
    /// A file of the environment that has the whole output already; the call's pipeline writes
    /// one where it is needed unless set.
    pub file: Option<String>,
}

impl ToolOutput {
    /// A successful output.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            is_error: false,
            image: None,
            fingerprint: None,
            file: None,
        }
    }

    /// An output that the model must take as a failure.
    #[must_use]
    pub fn error(text: impl Into<String>) -> Self {
        Self {
            is_error: true,
            ..Self::text(text)
        }
    }

    /// Sets whether it is a failure.
    #[must_use]
    pub fn is_error(mut self, is_error: bool) -> Self {
        self.is_error = is_error;
        self
    }

    /// Puts an image beside the text.
    #[must_use]
    pub fn image(mut self, image: ImageData) -> Self {
        self.image = Some(image);
        self
    }

    /// Sets what stands for the output when calls are compared.
    #[must_use]
    pub fn fingerprint(mut self, fingerprint: impl Into<String>) -> Self {
        self.fingerprint = Some(fingerprint.into());
        self
    }

    /// Names the file that has the whole output already.
    #[must_use]
    pub fn file(mut self, file: Option<String>) -> Self {
        self.file = file;
        self
    }
}

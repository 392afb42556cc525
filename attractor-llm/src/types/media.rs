use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{ProviderMetadata, bytes_base64};

/// An image, by reference or by value.
///
/// Exactly one of `url` and `data` is set, which the constructors see to. A `url` that looks like
/// a local path (`/…`, `./…`, `../…`, `~/…`) is read and sent inline by the adapter.
///
/// ```
/// use attractor_llm::ImageData;
///
/// let screenshot = ImageData::from_url("./screenshot.png").detail("low");
/// let pixels = ImageData::from_bytes(vec![0x89, b'P', b'N', b'G'], "image/png");
/// assert!(screenshot.data.is_none() && pixels.url.is_none());
/// ```
///
/// Source: unified-llm-spec 3.5.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ImageData {
    /// Where the image is: a URL, a `data:` URI or a local path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The image itself; base64 text in JSON.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "bytes_base64"
    )]
    pub data: Option<Bytes>,
    /// The MIME type; `image/png` is assumed for `data` without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// How closely to look, where the provider has such a setting: `auto`, `low` or `high`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What the provider attached; replayed to it verbatim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_metadata: Option<ProviderMetadata>,
}

impl ImageData {
    /// An image by URL, `data:` URI or local path.
    #[must_use]
    pub fn from_url(url: impl Into<String>) -> Self {
        Self {
            url: Some(url.into()),
            ..Self::default()
        }
    }

    /// An image by value.
    #[must_use]
    pub fn from_bytes(data: impl Into<Bytes>, media_type: impl Into<String>) -> Self {
        Self {
            data: Some(data.into()),
            media_type: Some(media_type.into()),
            ..Self::default()
        }
    }

    /// Sets how closely the model looks: `auto`, `low` or `high`.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

/// A sound recording, by reference or by value.
///
/// Source: unified-llm-spec 3.5.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AudioData {
    /// Where the recording is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The recording itself; base64 text in JSON.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "bytes_base64"
    )]
    pub data: Option<Bytes>,
    /// The MIME type, for example `audio/wav`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// What the provider attached; replayed to it verbatim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_metadata: Option<ProviderMetadata>,
}

impl AudioData {
    /// A recording by URL.
    #[must_use]
    pub fn from_url(url: impl Into<String>) -> Self {
        Self {
            url: Some(url.into()),
            ..Self::default()
        }
    }

    /// A recording by value.
    #[must_use]
    pub fn from_bytes(data: impl Into<Bytes>, media_type: impl Into<String>) -> Self {
        Self {
            data: Some(data.into()),
            media_type: Some(media_type.into()),
            ..Self::default()
        }
    }
}

/// A document such as a PDF file, by reference or by value.
///
/// Source: unified-llm-spec 3.5.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DocumentData {
    /// Where the document is: a URL or a local path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The document itself; base64 text in JSON.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "bytes_base64"
    )]
    pub data: Option<Bytes>,
    /// The MIME type; `application/pdf` is assumed for `data` without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// The name shown to the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// What the provider attached; replayed to it verbatim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_metadata: Option<ProviderMetadata>,
}

impl DocumentData {
    /// A document by URL or local path.
    #[must_use]
    pub fn from_url(url: impl Into<String>) -> Self {
        Self {
            url: Some(url.into()),
            ..Self::default()
        }
    }

    /// A document by value.
    #[must_use]
    pub fn from_bytes(data: impl Into<Bytes>, media_type: impl Into<String>) -> Self {
        Self {
            data: Some(data.into()),
            media_type: Some(media_type.into()),
            ..Self::default()
        }
    }

    /// Sets the name shown to the model.
    #[must_use]
    pub fn file_name(mut self, file_name: impl Into<String>) -> Self {
        self.file_name = Some(file_name.into());
        self
    }
}

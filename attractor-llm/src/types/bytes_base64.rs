//! `Option<Bytes>` as base64 text, for the media types.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

#[expect(
    clippy::ref_option,
    reason = "the signature serde asks of a `with` module"
)]
pub(super) fn serialize<S: Serializer>(
    bytes: &Option<Bytes>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match bytes {
        Some(bytes) => serializer.serialize_str(&STANDARD.encode(bytes)),
        None => serializer.serialize_none(),
    }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Bytes>, D::Error> {
    Option::<String>::deserialize(deserializer)?
        .map(|text| {
            STANDARD
                .decode(text)
                .map(Bytes::from)
                .map_err(D::Error::custom)
        })
        .transpose()
}

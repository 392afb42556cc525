use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The body of `POST bundle`: the artifacts that are the files of the run's bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewBundle {
    /// One for each of [`BUNDLE_FILES`](crate::domain::BUNDLE_FILES); they are stored already.
    pub files: Vec<NewBundleFile>,
}

/// A file of a bundle to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewBundleFile {
    /// What it is called; also the key of the artifact.
    pub name: String,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
}

use serde::{Deserialize, Serialize};

/// What is known of an artifact without its data.
///
/// Source: attractor-spec 5.5.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ArtifactInfo {
    /// Its id, unique in its run.
    pub id: String,
    /// What a person calls it.
    pub name: String,
    /// Bytes of its data as JSON.
    pub size_bytes: u64,
    /// When it was stored, RFC 3339.
    pub stored_at: String,
    /// Whether its data is in a file of its own, `artifacts/<id>.json` of the run directory.
    pub is_file_backed: bool,
}

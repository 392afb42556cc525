use serde_json::{Value, json};

use super::Place;
use crate::Error;
use crate::cli::remote::show;
use crate::domain::AttractorId;

/// Characters of a sum that tell versions apart.
const SUM: usize = 12;

pub(super) async fn list(place: &Place<'_>, given: &str) -> Result<(), Error> {
    let id = place.id(given).await?;
    let versions = place.remote.versions(&place.project, &id).await?;
    if place.json {
        show::json(&json!({ "versions": versions }));
        return Ok(());
    }
    let row = |version: &Value| {
        [
            show::cell(version, "version"),
            show::cell(version, "contentSha256")
                .chars()
                .take(SUM)
                .collect(),
            show::cell(version, "sizeBytes"),
            show::cell(version, "author"),
            show::when(&version["createdAt"]),
        ]
    };
    let rows: Vec<_> = versions.iter().map(row).collect();
    show::table(["VERSION", "SHA-256", "BYTES", "AUTHOR", "WRITTEN"], &rows);
    Ok(())
}

/// The text of a version, or of the newest, and its number.
pub(super) async fn text(
    place: &Place<'_>,
    id: &AttractorId,
    version: Option<i64>,
) -> Result<(i64, String), Error> {
    let (version, answer) = match version {
        Some(version) => {
            let answer = place.remote.version(&place.project, id, version).await?;
            (version, answer)
        }
        None => {
            let answer = place.remote.attractor(&place.project, id).await?;
            let newest = answer["attractor"]["contentVersion"].as_i64();
            (newest.unwrap_or_default(), answer)
        }
    };
    match answer["content"].as_str() {
        Some(text) => Ok((version, text.to_owned())),
        None => Err(Error::misuse(
            "the attractor's text lies in the repository, not on the server",
        )
        .hint("`attractor attractor push FILE` keeps one there")),
    }
}

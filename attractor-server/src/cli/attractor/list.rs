use serde_json::{Value, json};

use super::Place;
use crate::Error;
use crate::cli::remote::show;

pub(super) async fn list(place: &Place<'_>) -> Result<(), Error> {
    let attractors = place.remote.attractors(&place.project).await?;
    if place.json {
        show::json(&json!({ "attractors": attractors }));
        return Ok(());
    }
    let row = |attractor: &Value| {
        [
            show::cell(attractor, "id"),
            show::cell(attractor, "name"),
            show::cell(attractor, "defaultRunType"),
            show::cell(attractor, "contentVersion"),
            show::cell(attractor, "active"),
            show::cell(attractor, "repoPath"),
        ]
    };
    let rows: Vec<_> = attractors.iter().map(row).collect();
    let heads = ["ID", "NAME", "TYPE", "VERSION", "ACTIVE", "PATH"];
    show::table(heads, &rows);
    Ok(())
}

pub(super) async fn show(place: &Place<'_>, given: &str) -> Result<(), Error> {
    let id = place.id(given).await?;
    let detail = place.remote.attractor(&place.project, &id).await?;
    if place.json {
        show::json(&detail);
        return Ok(());
    }
    let attractor = &detail["attractor"];
    let whole = |field| show::whole(attractor, field);
    show::fields(&[
        ("id", whole("id")),
        ("name", whole("name")),
        ("description", whole("description")),
        ("type", whole("defaultRunType")),
        ("version", whole("contentVersion")),
        ("path", whole("repoPath")),
        ("active", whole("active")),
        ("model", model(&attractor["modelConfig"])),
        ("errors", show::cell(&detail["validation"], "errorCount")),
        (
            "warnings",
            show::cell(&detail["validation"], "warningCount"),
        ),
        ("changed", show::when(&attractor["updatedAt"])),
    ]);
    Ok(())
}

fn model(config: &Value) -> String {
    match config.is_null() {
        true => show::text(config),
        false => format!(
            "{}/{}",
            show::cell(config, "provider"),
            show::cell(config, "modelId")
        ),
    }
}

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use super::Place;
use crate::cli::explain;
use crate::cli::remote::{name, show};
use crate::{Error, console};

#[derive(Args, Debug)]
pub(super) struct GraphArgs {
    /// The run.
    run: String,
    /// Write to this file instead of standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// The picture is SVG.
pub(super) async fn graph(place: &Place<'_>, args: &GraphArgs) -> Result<(), Error> {
    let id = name::run(place.remote, &args.run).await?;
    let picture = place.remote.graph(&id).await?;
    match &args.output {
        None if place.json => show::json(&serde_json::json!({ "runId": id, "svg": picture })),
        None => show::raw(&picture),
        Some(path) => std::fs::write(path, picture)
            .map_err(|error| Error::misuse(format!("can't write {}: {error}", path.display())))?,
    }
    Ok(())
}

pub(super) async fn explain(
    place: &Place<'_>,
    given: &str,
    node: Option<&str>,
) -> Result<(), Error> {
    let id = name::run(place.remote, given).await?;
    let mut whole = place.remote.explain(&id).await?;
    let mut hops = match whole["hops"].take() {
        Value::Array(hops) => hops,
        _ => Vec::new(),
    };
    hops.retain(|hop| node.is_none_or(|node| hop["from"] == node || hop["to"] == node));
    if place.json {
        whole["hops"] = hops.into();
        show::json(&whole);
        return Ok(());
    }
    if hops.is_empty() {
        console::out("the run took no such hop yet");
    }
    hops.iter().for_each(explain::show);
    Ok(())
}

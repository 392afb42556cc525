use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{Place, versions};
use crate::cli::remote::show;
use crate::{Error, console};

#[derive(Args, Debug)]
pub(super) struct PullArgs {
    /// The attractor's id or name.
    attractor: String,
    /// Which version [default: the newest].
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(i64).range(1..))]
    version: Option<i64>,
    /// Write to this file instead of standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) async fn pull(place: &Place<'_>, args: &PullArgs) -> Result<(), Error> {
    let id = place.id(&args.attractor).await?;
    let (version, text) = versions::text(place, &id, args.version).await?;
    if let Some(path) = &args.output {
        std::fs::write(path, &text)
            .map_err(|error| Error::misuse(format!("can't write {}: {error}", path.display())))?;
    }
    match (&args.output, place.json) {
        (Some(path), true) => {
            show::json(&json!({ "attractorId": id, "version": version, "path": path }));
        }
        (Some(path), false) => console::err(format!("version {version} is in {}", path.display())),
        (None, true) => {
            show::json(&json!({ "attractorId": id, "version": version, "content": text }));
        }
        (None, false) => show::raw(&text),
    }
    Ok(())
}

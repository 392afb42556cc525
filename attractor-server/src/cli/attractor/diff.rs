use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use similar::TextDiff;

use super::{Place, versions};
use crate::cli::remote::show;
use crate::{Error, source};

#[derive(Args, Debug)]
pub(super) struct DiffArgs {
    /// The attractor's id or name.
    attractor: String,
    /// The file that a version is compared with; `-` is standard input.
    file: Option<PathBuf>,
    /// The version that is the old one [default: the newest; without a file, the one before].
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(i64).range(1..))]
    from: Option<i64>,
    /// The version that is the new one [default: the newest].
    #[arg(long, value_name = "NUMBER", conflicts_with = "file")]
    #[arg(value_parser = clap::value_parser!(i64).range(1..))]
    to: Option<i64>,
}

pub(super) async fn diff(place: &Place<'_>, args: &DiffArgs) -> Result<(), Error> {
    let id = place.id(&args.attractor).await?;
    let name = |version: i64| format!("{} {version}", show::harmless(&args.attractor));
    let ((old_name, old), (new_name, new)) = match &args.file {
        Some(path) => {
            let (version, old) = versions::text(place, &id, args.from).await?;
            let new = source::read(path)?;
            ((name(version), old), (path.display().to_string(), new))
        }
        None => {
            let (to, new) = versions::text(place, &id, args.to).await?;
            let from = args.from.unwrap_or(to - 1);
            if from < 1 {
                return Err(
                    Error::misuse("there is one version, and nothing to compare it with")
                        .hint("name a file"),
                );
            }
            let (from, old) = versions::text(place, &id, Some(from)).await?;
            ((name(from), old), (name(to), new))
        }
    };
    let changes = TextDiff::from_lines(&old, &new);
    let text = changes
        .unified_diff()
        .header(&old_name, &new_name)
        .to_string();
    if place.json {
        let same = old == new;
        show::json(&json!({ "from": old_name, "to": new_name, "same": same, "diff": text }));
    } else if old != new {
        show::raw(&text);
    }
    Ok(())
}

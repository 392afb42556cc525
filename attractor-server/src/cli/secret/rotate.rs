use std::sync::Arc;

use clap::Args;
use serde_json::json;

use crate::cli::place::{PlaceArgs, directory};
use crate::domain::{NewAuditEntry, Timestamp};
use crate::exit::Exit;
use crate::secrets::SealedSecretStore;
use crate::server::{DataDir, Keys};
use crate::store::{Audit as _, SqlStore, Store as _};
use crate::{Error, console, report};

#[derive(Args, Debug)]
pub(super) struct RotateArgs {
    /// Leave the old keys in the file: older copies of the database need them.
    #[arg(long)]
    keep_old: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: PlaceArgs,
}

pub(super) fn execute(args: &RotateArgs) -> Exit {
    let done = report::block_on(rotate_key(args));
    report::or_show(args.json, done.map(|()| Exit::Success))
}

async fn rotate_key(args: &RotateArgs) -> Result<(), Error> {
    let layers = args.place.layers(|_| {})?;
    let place = directory(&layers)?;
    DataDir::existing(&place)?;
    // A server that runs would seal with the old key, and not be able to open what has the new one.
    let directory = DataDir::lock(&place)?;
    let keys = Keys::of(&layers, &place)?;
    let database = layers.parsed("database_url")?;
    let database = database.unwrap_or_else(|| directory.database_url());
    let store = Arc::new(SqlStore::connect(&database).await?);
    let ring = keys.add()?;
    let id = ring.ids().first().map(ToString::to_string);
    let secrets = SealedSecretStore::new(store.clone(), ring);
    secrets.check_keys().await?;
    let count = secrets.reseal().await?;
    if !args.keep_old {
        keys.remove_old()?;
    }
    let id = id.unwrap_or_default();
    let entry = NewAuditEntry {
        actor: "cli".to_owned(),
        action: "secret.rotate_key".to_owned(),
        project_id: None,
        subject: Some(id.clone()),
        details: json!({ "secrets": count }),
    };
    store.record(entry, Timestamp::now()).await?;
    store.close().await;
    if args.json {
        console::out(json!({ "key": id, "secrets": count }).to_string());
        return Ok(());
    }
    let noun = if count == 1 { "secret" } else { "secrets" };
    console::out(format!("sealed {count} {noun} with the key {id}"));
    Ok(())
}

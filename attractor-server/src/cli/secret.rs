//! `attractor secret rotate-key`.

use std::sync::Arc;

use clap::{Args, Subcommand};
use serde_json::json;

use super::place::{PlaceArgs, directory};
use crate::domain::{NewAuditEntry, Timestamp};
use crate::exit::Exit;
use crate::secrets::SealedSecretStore;
use crate::server::{DataDir, Keys};
use crate::store::{Audit as _, SqlStore, Store as _};
use crate::{Error, console, report};

/// Look after the secrets of a server on this machine.
#[derive(Args, Debug)]
pub(super) struct SecretArgs {
    #[command(subcommand)]
    command: SecretCommand,
    #[command(flatten)]
    place: PlaceArgs,
}

#[derive(Debug, Subcommand)]
enum SecretCommand {
    /// Exchange the key that all secrets are sealed with; the server must not run meanwhile.
    ///
    /// A new key is put before the others in the key file, all secrets are sealed with it, and the
    /// old keys are taken away. It may be stopped at any time and called again.
    RotateKey {
        /// Leave the old keys in the file: older copies of the database need them.
        #[arg(long)]
        keep_old: bool,
    },
}

pub(super) fn execute(args: SecretArgs) -> Exit {
    let done = report::block_on(async {
        match args.command {
            SecretCommand::RotateKey { keep_old } => rotate_key(&args.place, keep_old).await,
        }
    });
    report::or_show(false, done.map(|()| Exit::Success))
}

async fn rotate_key(place: &PlaceArgs, keep_old: bool) -> Result<(), Error> {
    let layers = place.layers(|_| {})?;
    // A server that runs would seal with the old key, and not be able to open what has the new one.
    let place = directory(&layers)?;
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
    if !keep_old {
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
    let noun = if count == 1 { "secret" } else { "secrets" };
    console::out(format!("sealed {count} {noun} with the key {id}"));
    Ok(())
}

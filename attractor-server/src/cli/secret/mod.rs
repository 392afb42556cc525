//! `attractor secret list|providers|set|delete|rotate-key`.

mod rotate;
mod values;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::remote::confirm::ConfirmArgs;
use super::remote::{ProjectArg, RemoteArgs, carry_out, name, show};
use crate::client::Remote;
use crate::domain::{ProjectId, SecretId};
use crate::exit::Exit;
use crate::secrets::ARBITRARY;
use crate::{Error, console};

/// Secrets of a server's projects: written, given to runs, never shown.
#[derive(Args, Debug)]
pub(super) struct SecretArgs {
    #[command(subcommand)]
    command: SecretCommand,
}

#[derive(Debug, Subcommand)]
enum SecretCommand {
    /// List the secrets of a project: names, never values.
    List(AtArgs),
    /// List what secrets can be for, and the keys that they have.
    Providers(RemoteArgs),
    /// Write a secret, in the place of the one of that name with all its values.
    ///
    /// A value comes from standard input, from a variable (--from-env) or from a prompt that doesn't show
    /// what is typed; never from the command line, which others can see. A secret of several keys is
    /// read from standard input as a JSON object: {"awsProfile": "…", …}.
    Set(SetArgs),
    /// Delete a secret.
    Delete {
        /// Its id or name.
        secret: String,
        #[command(flatten)]
        confirm: ConfirmArgs,
        #[command(flatten)]
        at: AtArgs,
    },
    /// Exchange the key that all secrets of a server on this machine are sealed with; it must not run
    /// meanwhile.
    ///
    /// A new key is put before the others in the key file, all secrets are sealed with it, and the
    /// old keys are taken away. It may be stopped at any time and called again.
    RotateKey(rotate::RotateArgs),
}

/// Which project of which server.
#[derive(Args, Debug)]
struct AtArgs {
    #[command(flatten)]
    project: ProjectArg,
    #[command(flatten)]
    remote: RemoteArgs,
}

#[derive(Args, Debug)]
struct SetArgs {
    /// What people call it.
    name: String,
    /// What it's for: one of `attractor secret providers`, or `__arbitrary__` for keys that are variables.
    #[arg(long)]
    provider: String,
    /// A key that it has; may be repeated [default: those that the provider's secrets must have].
    #[arg(long, value_name = "KEY", conflicts_with = "from_env")]
    key: Vec<String>,
    /// Take a value from this variable; may be repeated.
    #[arg(long, value_name = "[KEY=]NAME")]
    from_env: Vec<String>,
    #[command(flatten)]
    at: AtArgs,
}

pub(super) fn execute(args: SecretArgs) -> Exit {
    match args.command {
        SecretCommand::RotateKey(args) => rotate::execute(&args),
        SecretCommand::Providers(args) => {
            carry_out(&args, async |remote| providers(remote, args.json).await)
        }
        SecretCommand::List(at) => within(&at, async |place| list(place).await),
        SecretCommand::Set(new) => within(&new.at, async |place| set(place, &new).await),
        SecretCommand::Delete {
            secret,
            confirm,
            at,
        } => within(&at, async |place| delete(place, &secret, confirm).await),
    }
}

/// A project of a server, and how answers are shown.
struct Place<'a> {
    remote: &'a Remote,
    project: ProjectId,
    json: bool,
}

fn within(at: &AtArgs, work: impl AsyncFnOnce(&Place<'_>) -> Result<Exit, Error>) -> Exit {
    carry_out(&at.remote, async |remote| {
        let project = at.project.project.as_deref();
        let place = Place {
            remote,
            project: show::id(&name::project(remote, project).await?)?,
            json: at.remote.json,
        };
        work(&place).await
    })
}

async fn delete(place: &Place<'_>, secret: &str, confirm: ConfirmArgs) -> Result<Exit, Error> {
    let found = name::secret(place.remote, &place.project, secret).await?;
    let (id, name): (SecretId, _) = (show::id(&found)?, show::cell(&found, "name"));
    confirm.check(&format!("deleting the secret {name}"))?;
    place.remote.delete_secret(&place.project, &id).await?;
    show::deleted(&id, &name, place.json);
    Ok(Exit::Success)
}

async fn list(place: &Place<'_>) -> Result<Exit, Error> {
    let secrets = place.remote.secrets(&place.project).await?;
    if place.json {
        show::json(&json!({ "secrets": secrets }));
        return Ok(Exit::Success);
    }
    let row = |secret: &Value| {
        [
            show::cell(secret, "name"),
            show::cell(secret, "provider"),
            keys(&secret["keyMappings"]),
            show::when(&secret["updatedAt"]),
        ]
    };
    let rows: Vec<_> = secrets.iter().map(row).collect();
    show::table(["NAME", "PROVIDER", "KEYS", "WRITTEN"], &rows);
    Ok(Exit::Success)
}

fn keys(mappings: &Value) -> String {
    let keys = mappings
        .as_object()
        .map(|map| map.keys().cloned().collect());
    let keys: Vec<String> = keys.unwrap_or_default();
    show::text(&keys.join(",").into())
}

async fn providers(remote: &Remote, json: bool) -> Result<Exit, Error> {
    let answer = remote.secret_providers().await?;
    if json {
        show::json(&answer);
        return Ok(Exit::Success);
    }
    let row = |provider: &Value| {
        let keys = provider["keys"].as_array().map_or(&[][..], Vec::as_slice);
        let keys = keys
            .iter()
            .map(|key| format!("{}={}", show::cell(key, "key"), show::cell(key, "variable")));
        [
            show::cell(provider, "name"),
            keys.collect::<Vec<_>>().join(" "),
        ]
    };
    let rows: Vec<_> = all(&answer).iter().map(row).collect();
    show::table(["PROVIDER", "KEYS AND THEIR VARIABLES"], &rows);
    Ok(Exit::Success)
}

fn all(answer: &Value) -> &[Value] {
    answer["providers"].as_array().map_or(&[], Vec::as_slice)
}

async fn set(place: &Place<'_>, new: &SetArgs) -> Result<Exit, Error> {
    let provider = match new.provider.as_str() {
        ARBITRARY => Value::Null,
        named => {
            let answer = place.remote.secret_providers().await?;
            name::one("provider", named, all(&answer).to_vec())?
        }
    };
    let values = match new.from_env.is_empty() {
        true => values::typed(&values::wanted(&provider, &new.key)?)?,
        false => values::of_environment(&provider, &new.from_env)?,
    };
    let names = (new.name.as_str(), new.provider.as_str());
    let secret = place.remote.put_secret(&place.project, names, &values);
    let secret = secret.await?;
    if place.json {
        show::json(&secret);
    } else {
        let name = show::cell(&secret, "name");
        console::out(format!("wrote {name} ({})", keys(&secret["keyMappings"])));
    }
    Ok(Exit::Success)
}

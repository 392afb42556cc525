//! `attractor attractor list|push|show|pull|versions|diff|activate|deactivate|delete`.

mod diff;
mod list;
mod pull;
mod push;
mod versions;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::remote::confirm::ConfirmArgs;
use super::remote::{ProjectArg, RemoteArgs, carry_out, name, show};
use crate::client::Remote;
use crate::domain::{AttractorId, ProjectId};
use crate::exit::Exit;
use crate::{Error, console};

/// Pipelines ("attractors") that a server keeps for a project, in versions.
#[derive(Args, Debug)]
pub(super) struct AttractorArgs {
    #[command(subcommand)]
    command: AttractorCommand,
    #[command(flatten)]
    project: ProjectArg,
    #[command(flatten)]
    remote: RemoteArgs,
}

#[derive(Debug, Subcommand)]
enum AttractorCommand {
    /// List the attractors of a project.
    List,
    /// Check a pipeline and keep it on the server: as a new attractor, or as the next version of one.
    Push(push::PushArgs),
    /// Show an attractor.
    Show {
        /// Its id or name.
        attractor: String,
    },
    /// Print an attractor's text, or write it to a file.
    Pull(pull::PullArgs),
    /// List the versions of an attractor's text.
    Versions {
        /// Its id or name.
        attractor: String,
    },
    /// Show how a version differs from a file, or from another version.
    Diff(diff::DiffArgs),
    /// Let runs of an attractor be started.
    Activate {
        /// Its id or name.
        attractor: String,
    },
    /// Keep runs of an attractor from being started.
    Deactivate {
        /// Its id or name.
        attractor: String,
    },
    /// Delete an attractor that has no runs.
    Delete {
        /// Its id or name.
        attractor: String,
        #[command(flatten)]
        confirm: ConfirmArgs,
    },
}

/// An attractor on a server.
struct Place<'a> {
    remote: &'a Remote,
    project: ProjectId,
    json: bool,
}

impl Place<'_> {
    async fn id(&self, given: &str) -> Result<AttractorId, Error> {
        show::id(&name::attractor(self.remote, &self.project, given).await?)
    }
}

pub(super) fn execute(args: AttractorArgs) -> Exit {
    carry_out(&args.remote, async |remote| {
        let project = args.project.project.as_deref();
        let place = Place {
            remote,
            project: show::id(&name::project(remote, project).await?)?,
            json: args.remote.json,
        };
        match args.command {
            AttractorCommand::List => list::list(&place).await?,
            AttractorCommand::Push(args) => return push::push(&place, args).await,
            AttractorCommand::Show { attractor } => list::show(&place, &attractor).await?,
            AttractorCommand::Pull(args) => pull::pull(&place, &args).await?,
            AttractorCommand::Versions { attractor } => versions::list(&place, &attractor).await?,
            AttractorCommand::Diff(args) => diff::diff(&place, &args).await?,
            AttractorCommand::Activate { attractor } => activate(&place, &attractor, true).await?,
            AttractorCommand::Deactivate { attractor } => {
                activate(&place, &attractor, false).await?;
            }
            AttractorCommand::Delete { attractor, confirm } => {
                delete(&place, &attractor, confirm).await?;
            }
        }
        Ok(Exit::Success)
    })
}

async fn activate(place: &Place<'_>, given: &str, active: bool) -> Result<(), Error> {
    let (remote, id) = (place.remote, place.id(given).await?);
    let change = json!({ "active": active });
    let answer = remote.change_attractor(&place.project, &id, change).await?;
    let attractor = &answer["attractor"];
    if place.json {
        show::json(attractor);
        return Ok(());
    }
    let name = show::cell(attractor, "name");
    console::out(match attractor["active"] {
        Value::Bool(true) => format!("{name} is active"),
        _ => format!("{name} is inactive"),
    });
    Ok(())
}

async fn delete(place: &Place<'_>, given: &str, confirm: ConfirmArgs) -> Result<(), Error> {
    let found = name::attractor(place.remote, &place.project, given).await?;
    let (id, name): (AttractorId, _) = (show::id(&found)?, show::cell(&found, "name"));
    confirm.check(&format!(
        "deleting the attractor {name} with all its versions"
    ))?;
    place.remote.delete_attractor(&place.project, &id).await?;
    show::deleted(&id, &name, place.json);
    Ok(())
}

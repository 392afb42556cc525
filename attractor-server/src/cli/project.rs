//! `attractor project list|create|show|set|connect|delete`.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::remote::confirm::ConfirmArgs;
use super::remote::{RemoteArgs, carry_out, name, show};
use crate::Error;
use crate::client::Remote;
use crate::domain::ProjectId;
use crate::exit::Exit;

/// Projects of a server: each has a repository, pipelines and secrets.
#[derive(Args, Debug)]
pub(super) struct ProjectArgs {
    #[command(subcommand)]
    command: ProjectCommand,
    #[command(flatten)]
    remote: RemoteArgs,
}

#[derive(Debug, Subcommand)]
enum ProjectCommand {
    /// List the projects that the token sees.
    List,
    /// Create a project.
    Create {
        /// What people call it.
        name: String,
        /// Where its secrets and runs live in a cluster [default: made of the name].
        #[arg(long)]
        namespace: Option<String>,
        #[command(flatten)]
        about: AboutArgs,
    },
    /// Show a project.
    Show {
        /// Its id or name.
        project: String,
    },
    /// Change a project.
    Set {
        /// Its id or name.
        project: String,
        /// Another name.
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        about: AboutArgs,
    },
    /// Say which repository on GitHub a project is about, and which installation of the App reaches it.
    Connect {
        /// Its id or name.
        project: String,
        /// The repository: `owner/name`.
        repository: String,
        /// The id of the installation.
        #[arg(long, value_name = "ID")]
        installation: String,
        /// The branch that pull requests go to and that no run writes to.
        #[arg(long, default_value = "main")]
        branch: String,
    },
    /// Delete a project with its secrets, attractors, runs and artifacts.
    Delete {
        /// Its id or name.
        project: String,
        #[command(flatten)]
        confirm: ConfirmArgs,
    },
}

#[derive(Args, Debug)]
struct AboutArgs {
    /// The repository: `owner/name` on GitHub, an address, or a path on the server's machine.
    #[arg(long)]
    repository: Option<String>,
    /// The branch that pull requests go to and that no run writes to.
    #[arg(long)]
    branch: Option<String>,
    /// Runs of it that are executed at a time; `none` for the server's setting.
    #[arg(long, value_name = "NUMBER", value_parser = parse_limit)]
    limit: Option<Value>,
}

fn parse_limit(text: &str) -> Result<Value, String> {
    match text.parse::<u32>() {
        _ if text == "none" => Ok(Value::Null),
        Ok(number @ 1..=1000) => Ok(number.into()),
        _ => Err("a number from 1 to 1000, or `none`".to_owned()),
    }
}

impl AboutArgs {
    /// What a change's body has.
    fn change(self, remote: &Remote) -> Map<String, Value> {
        let repository = self.repository.map(|given| match remote.is_local() {
            true => from_here(given),
            false => given,
        });
        let fields = [
            ("repository", repository.map(Value::from)),
            ("defaultBranch", self.branch.map(Value::from)),
            ("concurrencyLimit", self.limit),
        ];
        let given = fields
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)));
        given.collect()
    }
}

/// A path that begins in this directory, as a server on this machine would have to say it.
fn from_here(given: String) -> String {
    let begins_here = given
        .split('/')
        .next()
        .is_some_and(|first| matches!(first, "." | ".."));
    match std::fs::canonicalize(&given) {
        Ok(path) if begins_here => path.display().to_string(),
        _ => given,
    }
}

pub(super) fn execute(args: ProjectArgs) -> Exit {
    let json = args.remote.json;
    carry_out(&args.remote, async |remote| {
        match args.command {
            ProjectCommand::List => list(remote, json).await?,
            ProjectCommand::Create {
                name,
                namespace,
                about,
            } => {
                let namespace = namespace.as_deref();
                let made = create(remote, (&name, namespace), about.change(remote)).await?;
                shown(&made, json);
            }
            ProjectCommand::Show { project } => {
                let found = name::project(remote, Some(&project)).await?;
                shown(&remote.project(&show::id(&found)?).await?, json);
            }
            ProjectCommand::Set {
                project,
                name,
                about,
            } => {
                let mut change = about.change(remote);
                change.extend(name.map(|name| ("name".to_owned(), name.into())));
                shown(&set(remote, &project, change).await?, json);
            }
            ProjectCommand::Connect {
                project,
                repository,
                installation,
                branch,
            } => {
                let id = id(remote, &project).await?;
                let place = (repository.as_str(), branch.as_str());
                shown(
                    &remote.connect_project(&id, &installation, place).await?,
                    json,
                );
            }
            ProjectCommand::Delete { project, confirm } => {
                delete(remote, &project, confirm, json).await?;
            }
        }
        Ok(Exit::Success)
    })
}

async fn id(remote: &Remote, given: &str) -> Result<ProjectId, Error> {
    show::id(&name::project(remote, Some(given)).await?)
}

async fn list(remote: &Remote, json: bool) -> Result<(), Error> {
    let projects = remote.projects().await?;
    if json {
        show::json(&json!({ "projects": projects }));
        return Ok(());
    }
    let row = |project: &Value| {
        ["id", "name", "repository", "defaultBranch"].map(|field| show::cell(project, field))
    };
    let rows: Vec<_> = projects.iter().map(row).collect();
    show::table(["ID", "NAME", "REPOSITORY", "BRANCH"], &rows);
    Ok(())
}

async fn create(
    remote: &Remote,
    (name, namespace): (&str, Option<&str>),
    change: Map<String, Value>,
) -> Result<Value, Error> {
    let made = remote.create_project(name, namespace).await?;
    if change.is_empty() {
        return Ok(made);
    }
    let id: ProjectId = show::id(&made)?;
    let error = match remote.change_project(&id, change.into()).await {
        Ok(changed) => return Ok(changed),
        Err(error) => Error::from(error),
    };
    // It was made a moment ago for what can't be: the name is to be free for the next attempt.
    if remote.delete_project(&id).await.is_ok() {
        return Err(error);
    }
    let message = format!("the project {id} was made, but not set up: {error}");
    Err(Error::new(error.kind(), message)
        .hint(format!("`attractor project set {id}` sets it up"))
        .caused_by(error))
}

async fn set(remote: &Remote, project: &str, change: Map<String, Value>) -> Result<Value, Error> {
    if change.is_empty() {
        return Err(Error::misuse("there is nothing to change")
            .hint("say what with --name, --repository, --branch or --limit"));
    }
    let id = id(remote, project).await?;
    Ok(remote.change_project(&id, change.into()).await?)
}

async fn delete(
    remote: &Remote,
    project: &str,
    confirm: ConfirmArgs,
    json: bool,
) -> Result<(), Error> {
    let found = name::project(remote, Some(project)).await?;
    let (id, name): (ProjectId, _) = (show::id(&found)?, show::cell(&found, "name"));
    confirm.check(&format!(
        "deleting the project {name} with all that is in it"
    ))?;
    remote.delete_project(&id).await?;
    show::deleted(&id, &name, json);
    Ok(())
}

fn shown(project: &Value, json: bool) {
    if json {
        return show::json(project);
    }
    let whole = |field| show::whole(project, field);
    show::fields(&[
        ("id", whole("id")),
        ("name", whole("name")),
        ("namespace", whole("namespace")),
        ("repository", whole("repository")),
        ("branch", whole("defaultBranch")),
        ("installation", whole("githubInstallationId")),
        ("limit", whole("concurrencyLimit")),
        ("created", show::when(&project["createdAt"])),
    ]);
}

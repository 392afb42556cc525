use clap::Args;
use serde_json::Value;

use super::Place;
use super::watch::{self, FollowArgs};
use crate::cli::remote::{name, show};
use crate::cli::value::parse_model_config;
use crate::client::{NewRun, Rerun};
use crate::domain::{BundleId, ModelConfig, ProjectId, RunId, RunType, slug};
use crate::exit::Exit;
use crate::{Error, console};

/// In place of a bundle's id: the newest.
const LATEST: &str = "latest";

#[derive(Args, Debug)]
pub(super) struct StartArgs {
    /// The attractor's id or name.
    attractor: String,
    /// What it's for: planning, implementation or task [default: the attractor's].
    #[arg(long = "type", value_name = "TYPE")]
    run_type: Option<RunType>,
    /// The branch that it begins from [default: the project's default branch, else main].
    #[arg(long, value_name = "BRANCH")]
    from: Option<String>,
    /// The branch that it writes to [default of runs that write to none: attractor/ and the name].
    #[arg(long, value_name = "BRANCH")]
    to: Option<String>,
    /// The bundle that an implementation run works from: an id, or `latest`.
    #[arg(long, value_name = "ID")]
    bundle: Option<String>,
    /// The model of stages that name none [default: the attractor's].
    #[arg(long, value_name = "PROVIDER/MODEL", value_parser = parse_model_config)]
    model: Option<ModelConfig>,
    /// Let it wait for a run that works on the branch, instead of refusing it.
    #[arg(long)]
    force: bool,
    /// Made up by you: however often it's said within a day, it makes one run.
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    #[command(flatten)]
    follow: Follow,
}

/// Whether a run is watched from its start.
#[derive(Args, Clone, Copy, Debug)]
struct Follow {
    /// Watch it, as `attractor runs watch` does.
    #[arg(short, long)]
    watch: bool,
    #[command(flatten)]
    how: FollowArgs,
}

#[derive(Args, Debug)]
pub(super) struct RerunArgs {
    /// The run.
    run: String,
    /// The node that comes next; what was done before it is taken over [default: the beginning].
    #[arg(long)]
    node: Option<String>,
    /// Another branch to write to.
    #[arg(long, value_name = "BRANCH")]
    to: Option<String>,
    /// Another model.
    #[arg(long, value_name = "PROVIDER/MODEL", value_parser = parse_model_config)]
    model: Option<ModelConfig>,
    /// Let it wait for a run that works on the branch, instead of refusing it.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    follow: Follow,
}

pub(super) async fn start(place: &Place<'_>, args: StartArgs) -> Result<Exit, Error> {
    let follow = args.follow;
    let key = args.idempotency_key.clone();
    let new = new_run(place, args).await?;
    let made = place.remote.create_run(&new, key.as_deref()).await?;
    begun(place, &made, follow).await
}

async fn new_run(place: &Place<'_>, args: StartArgs) -> Result<NewRun, Error> {
    let project = name::project(place.remote, place.project).await?;
    let project_id: ProjectId = show::id(&project)?;
    let attractor = name::attractor(place.remote, &project_id, &args.attractor).await?;
    let run_type = match args.run_type {
        Some(given) => given,
        None => show::of(&attractor, "defaultRunType")?,
    };
    let branch = project["defaultBranch"].as_str().unwrap_or("main");
    let target_branch = match (args.to, run_type) {
        (Some(given), _) => given,
        (None, RunType::Implementation) => {
            return Err(Error::misuse("an implementation run writes to a branch")
                .hint("name it with --to BRANCH"));
        }
        (None, _) => format!(
            "attractor/{}",
            slug(attractor["name"].as_str().unwrap_or_default())
        ),
    };
    Ok(NewRun {
        spec_bundle_id: bundle(place, &project_id, args.bundle.as_deref()).await?,
        attractor_def_id: show::id(&attractor)?,
        project_id,
        run_type,
        source_branch: args.from.unwrap_or_else(|| branch.to_owned()),
        target_branch,
        model_config: args.model,
        force: args.force,
    })
}

async fn bundle(
    place: &Place<'_>,
    project: &ProjectId,
    given: Option<&str>,
) -> Result<Option<BundleId>, Error> {
    match given {
        None => Ok(None),
        Some(LATEST) => match place.remote.bundles(project, 1).await?.first() {
            Some(bundle) => show::id(bundle).map(Some),
            None => {
                Err(Error::misuse("the project has no bundle").hint("a planning run writes one"))
            }
        },
        Some(id) => Ok(Some(id.parse()?)),
    }
}

pub(super) async fn rerun(place: &Place<'_>, args: RerunArgs) -> Result<Exit, Error> {
    let id = name::run(place.remote, &args.run).await?;
    let rerun = Rerun {
        node: args.node,
        target_branch: args.to,
        model_config: args.model,
        force: args.force,
    };
    let made = place.remote.rerun(&id, &rerun).await?;
    begun(place, &made, args.follow).await
}

/// Says which run it is, and watches it if that is wanted.
async fn begun(place: &Place<'_>, made: &Value, follow: Follow) -> Result<Exit, Error> {
    let run: RunId = show::of(made, "runId")?;
    match (follow.watch, place.json) {
        (true, true) => {}
        (true, false) => console::err(format!("run {run}")),
        (false, true) => show::json(made),
        // Alone on standard output, so that a script can take it.
        (false, false) => console::out(run.as_str()),
    }
    match follow.watch {
        true => watch::follow(place, run, follow.how).await,
        false => Ok(Exit::Success),
    }
}

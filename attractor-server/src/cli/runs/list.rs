use clap::Args;
use serde_json::{Value, json};

use super::Place;
use crate::Error;
use crate::cli::remote::{name, show};
use crate::client::RunFilter;
use crate::domain::{RunStatus, RunType};

#[derive(Args, Debug)]
pub(super) struct ListArgs {
    /// Only those in these statuses, with commas between: RUNNING,PAUSED.
    #[arg(long, value_name = "STATUS", value_delimiter = ',', value_parser = parse_status)]
    status: Vec<RunStatus>,
    /// Only planning, implementation or task runs.
    #[arg(long = "type", value_name = "TYPE")]
    run_type: Option<RunType>,
    /// Only those that write to this branch.
    #[arg(long)]
    branch: Option<String>,
    /// How many at most.
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
}

fn parse_status(text: &str) -> Result<RunStatus, String> {
    let status = text.to_uppercase().parse();
    status.map_err(|error: crate::domain::Error| error.to_string())
}

pub(super) async fn list(place: &Place<'_>, args: &ListArgs) -> Result<(), Error> {
    let project = match place.project {
        Some(given) => Some(show::id(&name::project(place.remote, Some(given)).await?)?),
        None => None,
    };
    let statuses: Vec<&str> = args.status.iter().map(|status| status.as_str()).collect();
    let filter = RunFilter {
        project,
        status: (!statuses.is_empty()).then(|| statuses.join(",")),
        run_type: args.run_type,
        target_branch: args.branch.clone(),
    };
    let most = usize::try_from(args.limit).unwrap_or(usize::MAX);
    let runs = place.remote.runs(&filter, most).await?;
    if place.json {
        show::json(&json!({ "runs": runs }));
        return Ok(());
    }
    let row = |run: &Value| {
        [
            show::cell(run, "id"),
            show::cell(run, "status"),
            show::cell(run, "runType"),
            show::cell(run, "targetBranch"),
            show::cost(&run["costMicroUsd"]),
            show::when(&run["createdAt"]),
        ]
    };
    let rows: Vec<_> = runs.iter().map(row).collect();
    show::table(["ID", "STATUS", "TYPE", "BRANCH", "COST", "CREATED"], &rows);
    Ok(())
}

pub(super) async fn show(place: &Place<'_>, given: &str) -> Result<(), Error> {
    let id = name::run(place.remote, given).await?;
    let run = place.remote.run(&id).await?;
    if place.json {
        show::json(&run);
        return Ok(());
    }
    let whole = |field| show::whole(&run, field);
    let model = &run["modelConfig"];
    let model = format!(
        "{}/{}",
        show::cell(model, "provider"),
        show::cell(model, "modelId")
    );
    show::fields(&[
        ("id", whole("id")),
        ("status", whole("status")),
        ("error", whole("error")),
        ("type", whole("runType")),
        ("attractor", whole("attractorDefId")),
        ("version", whole("attractorVersion")),
        ("from", whole("sourceBranch")),
        ("to", whole("targetBranch")),
        ("bundle", whole("specBundleId")),
        ("model", model),
        ("cost", show::cost(&run["costMicroUsd"])),
        ("attempt", whole("attempt")),
        ("repeats", whole("rerunOf")),
        ("pull request", whole("prUrl")),
        ("created", show::when(&run["createdAt"])),
        ("started", show::when(&run["startedAt"])),
        ("finished", show::when(&run["finishedAt"])),
    ]);
    Ok(())
}

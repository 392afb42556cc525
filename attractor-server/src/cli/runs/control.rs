use serde_json::Value;

use super::Place;
use crate::cli::remote::confirm::ConfirmArgs;
use crate::cli::remote::{name, show};
use crate::{Error, console};

pub(super) async fn cancel(place: &Place<'_>, given: &str) -> Result<(), Error> {
    let id = name::run(place.remote, given).await?;
    let answer = place.remote.cancel(&id).await?;
    let later = match answer["status"].as_str() {
        Some("CANCELED") => "",
        _ => ": it is cancelled as soon as its processes are gone",
    };
    told(place, &answer, later);
    Ok(())
}

pub(super) async fn pause(place: &Place<'_>, given: &str) -> Result<(), Error> {
    let id = name::run(place.remote, given).await?;
    let answer = place.remote.pause(&id).await?;
    let later = match answer["status"].as_str() {
        Some("RUNNING") => ": it stops after what it's doing",
        _ => "",
    };
    told(place, &answer, later);
    Ok(())
}

pub(super) async fn resume(place: &Place<'_>, given: &str) -> Result<(), Error> {
    let id = name::run(place.remote, given).await?;
    told(place, &place.remote.resume(&id).await?, "");
    Ok(())
}

pub(super) async fn delete(
    place: &Place<'_>,
    given: &str,
    confirm: ConfirmArgs,
) -> Result<(), Error> {
    let id = name::run(place.remote, given).await?;
    confirm.check(&format!(
        "deleting the run {id} with its events and artifacts"
    ))?;
    place.remote.delete_run(&id).await?;
    show::deleted(&id, id.as_str(), place.json);
    Ok(())
}

/// Says what a run's status is now.
fn told(place: &Place<'_>, answer: &Value, more: &str) {
    if place.json {
        return show::json(answer);
    }
    let (id, status) = (show::cell(answer, "runId"), show::cell(answer, "status"));
    console::out(format!("{id}  {status}{more}"));
}

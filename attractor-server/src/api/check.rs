//! What a field of a body may hold.

use serde::{Deserialize, Deserializer};

use super::extract::invalid_field;
use super::limits::{NAME_CHARACTERS, PROJECT_NAME, TEXT_CHARACTERS};
use crate::app::App;
use crate::domain::{BranchName, Error, Project, Repository, check_target_branch};

/// What an error is called that says that a branch isn't a run's to write to.
const PROTECTED: &str = "protected_branch";

/// A text of so many characters, none of them a control character.
pub(super) fn text(field: &str, text: &str, (min, max): (usize, usize)) -> Result<(), Error> {
    let length = text.chars().count();
    if !(min..=max).contains(&length) || text.trim().is_empty() {
        return Err(invalid_field(
            field,
            &format!("it must have {min} to {max} characters"),
        ));
    }
    if text.chars().any(char::is_control) {
        return Err(invalid_field(
            field,
            "it may not have control characters in it",
        ));
    }
    Ok(())
}

/// A project's name.
pub(super) fn project_name(field: &str, name: &str) -> Result<(), Error> {
    text(field, name, PROJECT_NAME)
}

/// Any other name.
pub(super) fn name(field: &str, name: &str) -> Result<(), Error> {
    text(field, name, (1, NAME_CHARACTERS))
}

/// A text of several lines.
pub(super) fn prose(field: &str, text: &str) -> Result<(), Error> {
    if text.chars().count() > TEXT_CHARACTERS {
        let why = format!("it may have at most {TEXT_CHARACTERS} characters");
        return Err(invalid_field(field, &why));
    }
    Ok(())
}

/// A branch's name.
pub(super) fn branch(field: &str, name: &str) -> Result<BranchName, Error> {
    BranchName::try_from(name.to_owned()).map_err(|error| invalid_field(field, &error.to_string()))
}

/// A repository that this server may clone.
pub(super) async fn repository(app: &App, field: &str, text: &str) -> Result<Repository, Error> {
    let refuse = |error: Error| invalid_field(field, &error.to_string());
    let repository = Repository::try_from(text.to_owned()).map_err(refuse)?;
    let reached = repository.check_reachable(&app.config().reach()).await;
    reached.map_err(refuse)?;
    Ok(repository)
}

/// A branch that an implementation run may write to: neither the default branch nor one that the forge
/// protects. While the forge can't be asked, it counts as one: the push is refused by the forge itself.
pub(super) async fn writable(
    app: &App,
    project: &Project,
    branch: &BranchName,
) -> Result<(), Error> {
    check_target_branch(branch, project.default_branch.as_ref(), &[])?;
    match protection(app, project, branch).await {
        Err(error) if error.code() != PROTECTED => {
            tracing::warn!(%error, project = %project.id, "the forge doesn't say what it protects");
            Ok(())
        }
        asked => asked,
    }
}

async fn protection(app: &App, project: &Project, branch: &BranchName) -> Result<(), Error> {
    let (forge, secrets) = (app.forge(), app.secrets());
    let secrets = secrets.forge_environment(&project.id).await?;
    if project.default_branch.is_none() {
        let default = forge.default_branch(project, &secrets).await?;
        check_target_branch(branch, default.as_ref(), &[])?;
    }
    if forge.is_protected(project, &secrets, branch).await? {
        check_target_branch(branch, None, std::slice::from_ref(branch))?;
    }
    Ok(())
}

/// A field that may be absent, `null` or have a value.
pub(super) fn present<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

#![expect(clippy::unwrap_used, reason = "a suite fails by panicking")]

use crate::domain::{BranchName, Project};
use crate::forge::{Forge, NewPullRequest};
use crate::secrets::SecretEnvironment;

/// What every forge must satisfy: with a project whose repository it has, what signs in there, and a
/// branch of it that has changes and no pull request.
///
/// # Panics
///
/// If it doesn't satisfy it.
pub async fn forge_suite(
    forge: &dyn Forge,
    project: &Project,
    secrets: &SecretEnvironment,
    changed: &BranchName,
) {
    a_repository_can_be_cloned(forge, project, secrets).await;
    a_branch_that_is_not_there_is_not_protected(forge, project, secrets).await;
    one_pull_request_is_opened(forge, project, secrets, changed).await;
}

async fn a_repository_can_be_cloned(
    forge: &dyn Forge,
    project: &Project,
    secrets: &SecretEnvironment,
) {
    let repository = project.repository.as_ref().unwrap();
    let url = forge.clone_url(repository);
    assert!(!url.is_empty());
    if let Some(credential) = forge.credential(project, secrets).await.unwrap() {
        let shown = format!("{credential:?} {forge:?}");
        let password = secrecy::ExposeSecret::expose_secret(&credential.password);
        assert!(!shown.contains(password), "a password is never shown");
        assert!(!url.contains(password), "nor part of an address");
        assert!(!credential.username.is_empty());
    }
}

async fn a_branch_that_is_not_there_is_not_protected(
    forge: &dyn Forge,
    project: &Project,
    secrets: &SecretEnvironment,
) {
    let branch = BranchName::try_from("not/there".to_owned()).unwrap();
    assert!(!forge.is_protected(project, secrets, &branch).await.unwrap());
}

async fn one_pull_request_is_opened(
    forge: &dyn Forge,
    project: &Project,
    secrets: &SecretEnvironment,
    changed: &BranchName,
) {
    let base = match forge.default_branch(project, secrets).await.unwrap() {
        Some(branch) => branch,
        None => BranchName::try_from("main".to_owned()).unwrap(),
    };
    let new = NewPullRequest {
        head: changed.clone(),
        base,
        title: "A change".to_owned(),
        body: "What it is about".to_owned(),
    };
    let open = || forge.find_or_create_pull_request(project, secrets, new.clone());
    let (one, other) = futures::join!(open(), open());
    let one = one.unwrap();
    assert_eq!(one, other.unwrap(), "two at the same time get the same");
    assert_eq!(one, open().await.unwrap(), "and so does whoever asks again");
    if let Some(pull) = one {
        assert!(pull.number > 0 && pull.url.starts_with("https://"));
    }
}

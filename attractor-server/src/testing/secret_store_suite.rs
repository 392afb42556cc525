#![expect(clippy::unwrap_used, reason = "a suite fails by panicking")]

use std::collections::BTreeMap;

use secrecy::{ExposeSecret as _, SecretString};

use crate::domain::{ErrorKind, NewSecret, ProjectId, SecretId};
use crate::secrets::{ARBITRARY, SecretEnvironment, SecretStore};

/// What every secret store must satisfy: `projects` are two that have no secrets.
///
/// # Panics
///
/// If it doesn't satisfy it.
pub async fn secret_store_suite(store: &dyn SecretStore, projects: [&ProjectId; 2]) {
    let [one, other] = projects;
    values_come_back_under_their_variables(store, one).await;
    a_run_gets_nothing_of_the_forge(store, one).await;
    commands_get_what_somebody_has_named(store, one).await;
    a_secret_is_written_whole(store, one).await;
    projects_are_kept_apart(store, one, other).await;
    two_for_one_variable_are_refused(store, one).await;
    what_does_not_fit_is_refused(store, one).await;
    nothing_is_stored_for_an_unknown_project(store).await;
    a_secret_that_is_deleted_is_gone(store, one).await;
}

type Pairs<'a> = &'a [(&'a str, &'a str)];

fn own(pairs: Pairs<'_>) -> BTreeMap<String, String> {
    let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    pairs.iter().map(own).collect()
}

fn secret(project: &ProjectId, name: &str, provider: &str, mapping: Pairs<'_>) -> NewSecret {
    NewSecret {
        project_id: project.clone(),
        name: name.to_owned(),
        provider: provider.to_owned(),
        k8s_secret_name: format!("factory-secret-{name}"),
        key_mappings: own(mapping),
    }
}

fn values(pairs: Pairs<'_>) -> BTreeMap<String, SecretString> {
    let all = own(pairs).into_iter();
    all.map(|(key, value)| (key, SecretString::from(value)))
        .collect()
}

fn shown(environment: &SecretEnvironment) -> Vec<(&str, &str)> {
    environment
        .iter()
        .map(|(name, value)| (name.as_str(), value.expose_secret()))
        .collect()
}

async fn values_come_back_under_their_variables(store: &dyn SecretStore, project: &ProjectId) {
    assert!(store.environment(project).await.unwrap().is_empty());
    let new = secret(
        project,
        "model",
        "openai",
        &[("apiKey", "key"), ("orgId", "org")],
    );
    let text = "sk-\"line\"\nä\u{1f511}";
    let put = store
        .put(
            new,
            values(&[("key", text), ("org", "o-1"), ("unused", "x")]),
        )
        .await
        .unwrap();
    assert_eq!((put.name.as_str(), &put.project_id), ("model", project));
    let environment = store.environment(project).await.unwrap();
    assert_eq!(
        shown(&environment),
        [("OPENAI_API_KEY", text), ("OPENAI_ORG_ID", "o-1")]
    );
    let debug = format!("{environment:?} {store:?} {put:?}");
    assert!(!debug.contains("sk-"), "values are never shown");
}

async fn a_run_gets_nothing_of_the_forge(store: &dyn SecretStore, project: &ProjectId) {
    let new = secret(project, "forge", "github", &[("token", "t")]);
    let before = store.environment(project).await.unwrap().len();
    store.put(new, values(&[("t", "ghp_1")])).await.unwrap();
    assert_eq!(store.environment(project).await.unwrap().len(), before);
    let forge = store.forge_environment(project).await.unwrap();
    assert_eq!(shown(&forge), [("GITHUB_TOKEN", "ghp_1")]);
}

async fn commands_get_what_somebody_has_named(store: &dyn SecretStore, project: &ProjectId) {
    let named = [
        ("DEPLOY_TOKEN", "token"),
        ("HOST", "host"),
        ("GITHUB_WEBHOOK_SECRET", "forge"),
    ];
    let new = secret(project, "named", ARBITRARY, &named);
    let all = [("token", "t"), ("host", "h"), ("forge", "f")];
    let put = store.put(new, values(&all)).await.unwrap();
    let variables = store.command_variables(project).await.unwrap();
    let variables: Vec<_> = variables.iter().map(String::as_str).collect();
    assert_eq!(
        variables,
        ["DEPLOY_TOKEN", "HOST"],
        "no provider's, none of the forge"
    );
    store.delete(project, &put.id).await.unwrap();
    assert!(store.command_variables(project).await.unwrap().is_empty());
}

async fn a_secret_is_written_whole(store: &dyn SecretStore, project: &ProjectId) {
    let new = secret(project, "model", "openai", &[("apiKey", "key")]);
    store.put(new, values(&[("key", "sk-2")])).await.unwrap();
    let environment = store.environment(project).await.unwrap();
    assert_eq!(shown(&environment), [("OPENAI_API_KEY", "sk-2")]);
}

async fn projects_are_kept_apart(store: &dyn SecretStore, one: &ProjectId, other: &ProjectId) {
    let new = secret(other, "model", "openai", &[("apiKey", "key")]);
    let put = store
        .put(new, values(&[("key", "sk-other")]))
        .await
        .unwrap();
    assert_eq!(
        shown(&store.environment(one).await.unwrap()),
        [("OPENAI_API_KEY", "sk-2")]
    );
    assert_eq!(
        shown(&store.environment(other).await.unwrap()),
        [("OPENAI_API_KEY", "sk-other")]
    );
    let error = store.delete(one, &put.id).await.unwrap_err();
    assert_eq!(
        error.kind(),
        ErrorKind::NotFound,
        "another project's secret isn't deleted"
    );
}

async fn two_for_one_variable_are_refused(store: &dyn SecretStore, project: &ProjectId) {
    let new = secret(project, "codex", "openai-codex", &[("apiKey", "key")]);
    let error = store
        .put(new, values(&[("key", "sk-3")]))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Conflict, "duplicate_variable")
    );
    let message = error.to_string();
    assert!(
        message.contains("model") && message.contains("codex"),
        "{message}"
    );
}

async fn what_does_not_fit_is_refused(store: &dyn SecretStore, project: &ProjectId) {
    let long = "x".repeat(300 * 1024);
    for (provider, mapping, given, code) in [
        ("nobody", &[][..], &[("k", "v")][..], "unknown_provider"),
        (
            "groq",
            &[("apikey", "k")],
            &[("k", "v")],
            "unknown_secret_key",
        ),
        ("groq", &[], &[("k", "v")], "missing_secret_key"),
        (
            "groq",
            &[("apiKey", "k")],
            &[("j", "v")],
            "missing_secret_value",
        ),
        ("groq", &[("apiKey", "k")], &[], "invalid_secret_values"),
        (
            "groq",
            &[("apiKey", "k")],
            &[("k", "")],
            "invalid_secret_values",
        ),
        (
            "groq",
            &[("apiKey", "k")],
            &[("k", "a\0b")],
            "invalid_secret_values",
        ),
        (
            "groq",
            &[("apiKey", "k/../l")],
            &[("k/../l", "v")],
            "invalid_secret_values",
        ),
        (
            "groq",
            &[("apiKey", "k")],
            &[("k", &long)],
            "secret_too_large",
        ),
    ] {
        let refused = store
            .put(secret(project, "bad", provider, mapping), values(given))
            .await;
        assert_eq!(refused.unwrap_err().code(), code);
    }
    let nameless = secret(project, " ", "groq", &[("apiKey", "k")]);
    let error = store
        .put(nameless, values(&[("k", "v")]))
        .await
        .unwrap_err();
    assert_eq!(error.code(), "invalid_secret_name");
}

async fn nothing_is_stored_for_an_unknown_project(store: &dyn SecretStore) {
    let nobody = ProjectId::new();
    let new = secret(&nobody, "model", "groq", &[("apiKey", "key")]);
    let error = store.put(new, values(&[("key", "v")])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(store.environment(&nobody).await.unwrap().is_empty());
}

async fn a_secret_that_is_deleted_is_gone(store: &dyn SecretStore, project: &ProjectId) {
    let new = secret(project, "short-lived", "groq", &[("apiKey", "key")]);
    let put = store.put(new, values(&[("key", "gsk")])).await.unwrap();
    store.delete(project, &put.id).await.unwrap();
    assert!(
        !store
            .environment(project)
            .await
            .unwrap()
            .contains_key("GROQ_API_KEY")
    );
    for id in [&put.id, &SecretId::new()] {
        let error = store.delete(project, id).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
}

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use utoipa::ToSchema;

use super::limits::KEY_CHARACTERS;
use super::table::{ARBITRARY, PROVIDERS, Required, SecretProvider};
use crate::domain::Error;

/// Which environment variable each key of a secret is for.
pub type Projection = BTreeMap<String, String>;

/// A provider's row of the projection table, for people who write secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretProviderInfo {
    /// The provider.
    pub name: &'static str,
    /// What its keys are for.
    pub keys: Vec<SecretKeyInfo>,
    /// Keys that all have to be there.
    pub required_all: Vec<&'static str>,
    /// Keys of which one has to be there; none, if it's empty.
    pub required_any: Vec<&'static str>,
}

/// A logical key of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretKeyInfo {
    /// What a mapping calls it.
    pub key: &'static str,
    /// The variable that its value is for.
    pub variable: &'static str,
    /// Whether the variable is for the server and no run gets it.
    pub server_only: bool,
}

/// All rows of the projection table, by name; besides them `__arbitrary__` is a provider, whose logical
/// keys are the variables themselves.
pub fn secret_providers() -> Vec<SecretProviderInfo> {
    PROVIDERS.iter().map(SecretProvider::info).collect()
}

impl SecretProvider {
    fn info(&self) -> SecretProviderInfo {
        let (all, any) = match self.required {
            Required::All(keys) => (keys, &[][..]),
            Required::Any(keys) => (&[][..], keys),
        };
        let key = |(key, variable): &(&'static str, &'static str)| SecretKeyInfo {
            key,
            variable,
            server_only: is_for_server(variable),
        };
        SecretProviderInfo {
            name: self.name,
            keys: self.variables.iter().map(key).collect(),
            required_all: all.to_vec(),
            required_any: any.to_vec(),
        }
    }
}

/// Whether a variable is what the server itself signs in with at a forge. No run gets it: what it does
/// at the forge, the server does for it or lends it a credential for.
pub(super) fn is_for_server(variable: &str) -> bool {
    matches!(
        variable,
        "GITHUB_TOKEN"
            | "GITHUB_APP_ID"
            | "GITHUB_APP_PRIVATE_KEY"
            | "GITHUB_APP_SLUG"
            | "GITHUB_WEBHOOK_SECRET"
            | "GIT_USERNAME"
            | "GIT_PASSWORD"
    )
}

/// Which variable each key of a secret is for, by the table: from variables to keys of the secret.
///
/// ```
/// use attractor_server::secrets::projection;
///
/// let mapping = [("apiKey".to_owned(), "key".to_owned())].into();
/// assert_eq!(projection("google", &mapping)?["GEMINI_API_KEY"], "key");
/// # Ok::<(), attractor_server::domain::Error>(())
/// ```
///
/// # Errors
///
/// [`ErrorKind::Invalid`](crate::domain::ErrorKind::Invalid): `unknown_provider`, `unknown_secret_key` for
/// a logical key that the provider doesn't have, `missing_secret_key` for one that it needs,
/// `invalid_variable`.
///
/// Source: contract, 6.3.
pub fn projection(provider: &str, mapping: &BTreeMap<String, String>) -> Result<Projection, Error> {
    if provider == ARBITRARY {
        return arbitrary(mapping);
    }
    let Some(row) = PROVIDERS.iter().find(|row| row.name == provider) else {
        let known: Vec<&str> = PROVIDERS.iter().map(|row| row.name).collect();
        let message = format!(
            "provider {provider:?} isn't known: it is one of {}, or {ARBITRARY} for variables of any name",
            known.join(", ")
        );
        return Err(Error::invalid("unknown_provider", message));
    };
    let mut projection = Projection::new();
    for (logical, key) in mapping {
        let Some((_, variable)) = row.variables.iter().find(|(name, _)| name == logical) else {
            let known: Vec<&str> = row.variables.iter().map(|(name, _)| *name).collect();
            let message = format!(
                "keyMappings.{logical} is no key of the provider {provider}: it has {}",
                known.join(", ")
            );
            return Err(Error::invalid("unknown_secret_key", message));
        };
        projection.insert((*variable).to_owned(), key.clone());
    }
    check_required(row, mapping)?;
    Ok(projection)
}

fn check_required(row: &SecretProvider, mapping: &BTreeMap<String, String>) -> Result<(), Error> {
    let has = |key: &&&str| mapping.contains_key(**key);
    let missing = match row.required {
        Required::All(keys) => {
            let missing: Vec<&str> = keys.iter().filter(|key| !has(key)).copied().collect();
            missing.join(", ")
        }
        Required::Any(keys) if keys.iter().any(|key| has(&key)) => String::new(),
        Required::Any(keys) => format!("one of {}", keys.join(", ")),
    };
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("keyMappings needs {missing} for the provider {}", row.name);
    Err(Error::invalid("missing_secret_key", message))
}

/// The logical keys are the variables.
fn arbitrary(mapping: &BTreeMap<String, String>) -> Result<Projection, Error> {
    for variable in mapping.keys() {
        if let Some(fault) = variable_fault(variable) {
            let message = format!("keyMappings.{variable} {fault}");
            return Err(Error::invalid("invalid_variable", message));
        }
    }
    Ok(mapping.clone())
}

/// What is wrong with an environment variable's name.
fn variable_fault(name: &str) -> Option<&'static str> {
    let is_name = !name.is_empty()
        && name.len() <= KEY_CHARACTERS
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_name {
        return Some("must be the name of an environment variable: letters, digits and `_`");
    }
    // What decides how programs of the runner itself are found, loaded and set up.
    let decides = ["LD_", "DYLD_", "ATTRACTOR_", "GIT_"]
        .iter()
        .any(|prefix| name.starts_with(prefix));
    let is_known = [
        "PATH", "HOME", "SHELL", "USER", "TMPDIR", "BASH_ENV", "ENV", "IFS",
    ]
    .contains(&name);
    let is_taken = (decides || is_known) && !is_for_server(name);
    is_taken.then_some("is set by the runner itself")
}

/// Whether the values of a secret have what its mapping says, and are ones that variables can have.
///
/// # Errors
///
/// [`ErrorKind::Invalid`](crate::domain::ErrorKind::Invalid) with the code `missing_secret_value`, naming
/// what is missing.
pub(super) fn check_values<'a>(
    mapping: &BTreeMap<String, String>,
    keys: impl Iterator<Item = &'a String>,
) -> Result<(), Error> {
    let keys: BTreeSet<&String> = keys.collect();
    let absent: Vec<String> = mapping
        .iter()
        .filter(|(_, key)| !keys.contains(key))
        .map(|(logical, key)| format!("values.{key} (for keyMappings.{logical})"))
        .collect();
    if absent.is_empty() {
        return Ok(());
    }
    let message = format!("{} is missing", absent.join(", "));
    Err(Error::invalid("missing_secret_value", message))
}

/// What the projections of all secrets of a project are together: from variables to the name of the
/// secret that has them, refused if two have one.
///
/// # Errors
///
/// [`ErrorKind::Conflict`](crate::domain::ErrorKind::Conflict) with the code `duplicate_variable`, naming
/// both secrets.
pub(super) fn check_duplicates<'a>(
    projections: impl Iterator<Item = (&'a str, &'a Projection)>,
) -> Result<(), Error> {
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for (secret, projection) in projections {
        for variable in projection.keys() {
            let Some(other) = owners.insert(variable, secret) else {
                continue;
            };
            let message = format!(
                "the secrets {other:?} and {secret:?} are both for {variable}: delete one, or map its key elsewhere"
            );
            let details = serde_json::json!({ "variable": variable, "secrets": [other, secret] });
            return Err(Error::conflict("duplicate_variable", message).with_details(details));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let own = |(logical, key): &(&str, &str)| ((*logical).to_owned(), (*key).to_owned());
        pairs.iter().map(own).collect()
    }

    #[test]
    fn a_mapping_is_projected_by_its_providers_row() {
        let of = |provider, pairs: &[(&str, &str)]| projection(provider, &mapping(pairs)).unwrap();
        assert_eq!(
            of("openai", &[("apiKey", "k"), ("orgId", "o")]),
            mapping(&[("OPENAI_API_KEY", "k"), ("OPENAI_ORG_ID", "o")])
        );
        assert_eq!(
            of("anthropic", &[("oauthToken", "t")]),
            mapping(&[("ANTHROPIC_OAUTH_TOKEN", "t")])
        );
        assert_eq!(
            of("amazon-bedrock", &[("awsProfile", "p")]),
            mapping(&[("AWS_PROFILE", "p")])
        );
        assert_eq!(
            of(ARBITRARY, &[("NPM_TOKEN", "n")]),
            mapping(&[("NPM_TOKEN", "n")])
        );
        assert!(of(ARBITRARY, &[]).is_empty());
    }

    #[test]
    fn what_does_not_go_with_the_provider_is_refused_by_name() {
        for (provider, pairs, code, named) in [
            (
                "open-ai",
                &[("apiKey", "k")][..],
                "unknown_provider",
                "openai-codex",
            ),
            (
                "openai",
                &[("apikey", "k")],
                "unknown_secret_key",
                "keyMappings.apikey",
            ),
            ("openai", &[("orgId", "o")], "missing_secret_key", "apiKey"),
            (
                "anthropic",
                &[],
                "missing_secret_key",
                "one of apiKey, oauthToken",
            ),
            (
                "google-vertex",
                &[("googleCloudProject", "p")],
                "missing_secret_key",
                "googleCloudLocation",
            ),
            (
                "amazon-bedrock",
                &[("awsSecretAccessKey", "s")],
                "missing_secret_key",
                "one of awsAccessKeyId",
            ),
            (ARBITRARY, &[("a b", "k")], "invalid_variable", "a b"),
            (ARBITRARY, &[("1A", "k")], "invalid_variable", "1A"),
            (
                ARBITRARY,
                &[("LD_PRELOAD", "k")],
                "invalid_variable",
                "LD_PRELOAD",
            ),
            (ARBITRARY, &[("PATH", "k")], "invalid_variable", "PATH"),
            (
                ARBITRARY,
                &[("GIT_SSH_COMMAND", "k")],
                "invalid_variable",
                "GIT_SSH_COMMAND",
            ),
        ] {
            let error = projection(provider, &mapping(pairs)).unwrap_err();
            assert_eq!(error.code(), code, "{provider} {pairs:?}");
            assert!(error.to_string().contains(named), "{error}");
        }
    }

    #[test]
    fn a_mapping_to_a_value_that_is_not_there_is_refused_by_name() {
        let keys = ["k".to_owned()];
        assert!(check_values(&mapping(&[("apiKey", "k")]), keys.iter()).is_ok());
        let error = check_values(&mapping(&[("apiKey", "x")]), keys.iter()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "values.x (for keyMappings.apiKey) is missing"
        );
    }

    #[test]
    fn two_secrets_for_one_variable_are_both_named() {
        let openai = projection("openai", &mapping(&[("apiKey", "k")])).unwrap();
        let codex = projection("openai-codex", &mapping(&[("apiKey", "k")])).unwrap();
        let error = check_duplicates([("a", &openai), ("b", &codex)].into_iter()).unwrap_err();
        assert_eq!(error.code(), "duplicate_variable");
        assert_eq!(
            error.details().unwrap()["secrets"],
            serde_json::json!(["a", "b"])
        );
    }

    #[test]
    fn the_table_is_whole() {
        insta::assert_json_snapshot!(secret_providers());
        for row in PROVIDERS {
            let (Required::All(keys) | Required::Any(keys)) = row.required;
            assert!(!keys.is_empty(), "{} needs something", row.name);
            for key in keys {
                assert!(row.variables.iter().any(|(name, _)| name == key), "{key}");
            }
        }
        assert!(PROVIDERS.is_sorted_by(|one, next| one.name < next.name));
    }
}

//! Which variables a command sees; pure.

use std::ffi::{OsStr, OsString};

/// Which of this process's variables commands inherit (coding-agent-loop-spec 4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum EnvironmentPolicy {
    /// All but those that look like secrets and those that would point git at another
    /// repository. The default.
    #[default]
    Filtered,
    /// Only the ones that programs need to work: `PATH`, `HOME`, language tool paths.
    Core,
    /// None.
    None,
    /// All, secrets included. Only where everything that runs is trusted.
    All,
}

/// Endings that mark a secret, with or without something before them, in any case.
const SECRET_SUFFIXES: [&str; 14] = [
    "ACCESS_KEY",
    "ACCESS_KEY_ID",
    "API_KEY",
    "APIKEY",
    "AUTH",
    "CREDENTIAL",
    "CREDENTIALS",
    "PASSPHRASE",
    "PASSWD",
    "PASSWORD",
    "PRIVATE_KEY",
    "SECRET",
    "SECRET_KEY",
    "TOKEN",
];

/// Variables that programs need to work.
const CORE: [&str; 38] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "TERM",
    "TMPDIR",
    "TMP",
    "TEMP",
    "TZ",
    "PWD",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "CARGO_TARGET_DIR",
    "GOPATH",
    "GOROOT",
    "GOCACHE",
    "GOMODCACHE",
    "NVM_DIR",
    "NODE_PATH",
    "NPM_CONFIG_PREFIX",
    "PNPM_HOME",
    "VOLTA_HOME",
    "PYENV_ROOT",
    "VIRTUAL_ENV",
    "PYTHONPATH",
    "JAVA_HOME",
    "GRADLE_USER_HOME",
    "MAVEN_HOME",
    "GEM_HOME",
    "GEM_PATH",
    "RBENV_ROOT",
    "LD_LIBRARY_PATH",
    "SYSTEMROOT",
    "COMSPEC",
];

/// Variables with which git's hooks and callers say where the repository is; a command that
/// inherits them would change that repository instead of the one it stands in.
const GIT_PLACES: [&str; 13] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// The variables of `all` that `policy` passes on.
pub(crate) fn filter(
    all: Vec<(OsString, OsString)>,
    policy: EnvironmentPolicy,
) -> Vec<(OsString, OsString)> {
    all.into_iter()
        .filter(|(name, _)| passes(name, policy))
        .collect()
}

fn passes(name: &OsStr, policy: EnvironmentPolicy) -> bool {
    let name = name.to_string_lossy().to_ascii_uppercase();
    match policy {
        EnvironmentPolicy::All => true,
        EnvironmentPolicy::None => false,
        EnvironmentPolicy::Core => is_core(&name),
        EnvironmentPolicy::Filtered => {
            is_core(&name) || !(is_secret(&name) || GIT_PLACES.contains(&name.as_str()))
        }
    }
}

fn is_core(name: &str) -> bool {
    CORE.contains(&name) || name.starts_with("LC_") || name.starts_with("XDG_")
}

fn is_secret(name: &str) -> bool {
    SECRET_SUFFIXES.iter().any(|suffix| {
        name.strip_suffix(suffix)
            .is_some_and(|before| before.is_empty() || before.ends_with('_'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(policy: EnvironmentPolicy, names: &[&str]) -> Vec<String> {
        let all = names
            .iter()
            .map(|name| (OsString::from(name), OsString::from("v")))
            .collect();
        filter(all, policy)
            .into_iter()
            .map(|(name, _)| name.into_string().unwrap())
            .collect()
    }

    #[test]
    fn secrets_are_hidden_in_any_case() {
        let names = [
            "MY_SECRET_TOKEN",
            "FOO_API_KEY",
            "openai_api_key",
            "DB_PASSWORD",
            "AWS_SECRET_ACCESS_KEY",
            "SERVICE_CREDENTIAL",
            "GOOGLE_APPLICATION_CREDENTIALS",
            "TOKEN",
            "Client_Secret",
        ];
        assert_eq!(
            seen(EnvironmentPolicy::Filtered, &names),
            Vec::<String>::new()
        );
        assert_eq!(seen(EnvironmentPolicy::All, &names).len(), names.len());
    }

    #[test]
    fn what_programs_need_stays() {
        let names = [
            "PATH",
            "HOME",
            "CARGO_HOME",
            "GOPATH",
            "NVM_DIR",
            "LC_ALL",
            "RUST_LOG",
            "TOKENIZER",
        ];
        assert_eq!(seen(EnvironmentPolicy::Filtered, &names), names);
        assert_eq!(seen(EnvironmentPolicy::Core, &names), &names[..6]);
        assert!(seen(EnvironmentPolicy::None, &names).is_empty());
    }

    #[test]
    fn git_is_not_pointed_at_another_repository() {
        let names = [
            "GIT_DIR",
            "GIT_INDEX_FILE",
            "GIT_WORK_TREE",
            "GIT_AUTHOR_NAME",
        ];
        assert_eq!(
            seen(EnvironmentPolicy::Filtered, &names),
            ["GIT_AUTHOR_NAME"]
        );
    }
}

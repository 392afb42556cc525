//! The only file of this crate that reads environment variables.

use std::path::PathBuf;

/// `ATTRACTOR_MODEL`: the model used where neither the node nor `--model` names one.
pub(crate) fn default_model() -> Option<String> {
    std::env::var("ATTRACTOR_MODEL")
        .ok()
        .filter(|model| !model.trim().is_empty())
}

/// Whether a variable has a value.
pub(crate) fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

/// Where programs keep state: `XDG_STATE_HOME`, else `~/.local/state`.
pub(crate) fn state_home() -> Option<PathBuf> {
    directory("XDG_STATE_HOME").or_else(|| Some(directory("HOME")?.join(".local/state")))
}

/// A variable of a server's set-up, if it has a value: `ATTRACTOR_LISTEN`, `GITHUB_APP_ID`, ….
#[cfg(feature = "serve")]
pub(crate) fn variable(name: &str) -> Option<String> {
    let value = std::env::var(name).ok()?;
    (!value.trim().is_empty()).then_some(value)
}

/// `ATTRACTOR_TOKEN`: what signs in at a server.
#[cfg(feature = "serve")]
pub(crate) fn server_token() -> Option<secrecy::SecretString> {
    variable("ATTRACTOR_TOKEN").map(Into::into)
}

/// A variable whose value is to become a secret of a project.
#[cfg(feature = "serve")]
pub(crate) fn confidential(name: &str) -> Option<crate::runner_api::Confidential> {
    let value = std::env::var(name).ok()?;
    (!value.is_empty()).then(|| value.into())
}

fn directory(name: &str) -> Option<PathBuf> {
    std::env::var_os(name)
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
}

/// `ATTRACTOR_RUNNER_URL` and `ATTRACTOR_RUNNER_TOKEN`: whose run this process executes.
#[cfg(feature = "serve")]
pub(crate) fn runner_access() -> Option<crate::runner_api::RunnerAccess> {
    let url = std::env::var(crate::execute::URL_VARIABLE).ok()?;
    let token = std::env::var(crate::execute::TOKEN_VARIABLE).ok()?;
    Some(crate::runner_api::RunnerAccess {
        url,
        token: token.into(),
        directory: None,
    })
}

/// The host that a run clones from, for git's credential helper.
#[cfg(feature = "serve")]
pub(crate) fn runner_git_host() -> Option<String> {
    std::env::var(crate::execute::HOST_VARIABLE).ok()
}

/// Variables that programs need to work, and how they reach the network; none is a secret.
#[cfg(feature = "serve")]
const FOR_RUNNERS: [&str; 40] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "TMPDIR",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
    "XDG_STATE_HOME",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "GOPATH",
    "GOROOT",
    "GOCACHE",
    "GOMODCACHE",
    "NVM_DIR",
    "NODE_PATH",
    "PNPM_HOME",
    "PYENV_ROOT",
    "VIRTUAL_ENV",
    "JAVA_HOME",
    "GRADLE_USER_HOME",
    "MAVEN_HOME",
    "GEM_HOME",
    "LD_LIBRARY_PATH",
    "SSH_AUTH_SOCK",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "LLVM_PROFILE_FILE",
];

/// What the processes that execute runs inherit of this process's environment.
#[cfg(feature = "serve")]
pub(crate) fn for_runners() -> Vec<(&'static str, std::ffi::OsString)> {
    let value = |name: &'static str| Some((name, std::env::var_os(name)?));
    FOR_RUNNERS.into_iter().filter_map(value).collect()
}

/// `ATTRACTOR_TEST_POSTGRES_URL`: the PostgreSQL server that tests may make databases on.
#[cfg(all(test, feature = "testing"))]
pub(crate) fn test_postgres() -> Option<String> {
    std::env::var("ATTRACTOR_TEST_POSTGRES_URL")
        .ok()
        .filter(|url| !url.is_empty())
}

//! How a server is to be, from what was said of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use super::{Keys, Setup};
use crate::config::{Config, Layers};
use crate::domain::Error;
use crate::forge::{GitHubApp, GitHubOptions};

/// Runs at a time: each is a process.
const RUNS: std::ops::RangeInclusive<u32> = 1..=10_000;

/// Days that runs are kept: a hundred years are as good as for ever.
const DAYS: std::ops::RangeInclusive<u32> = 1..=36_500;

/// Event streams at a time: each is a socket.
const STREAMS: std::ops::RangeInclusive<u32> = 1..=1_000_000;

impl Setup {
    /// What was said, checked; adds the defaults.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::domain::ErrorKind::Invalid), naming the value and who says it.
    pub(crate) fn of(layers: &mut Layers, directory: &Path) -> Result<Self, Error> {
        let listen = layers.parsed("listen")?;
        let listen = listen.ok_or_else(|| Error::internal("there is no default to listen on"))?;
        let mut config = Config::new(listen, directory);
        let github = GitHubOptions::default();
        layers.usual("max_runs", i64::from(config.max_runs));
        layers.usual("max_project_runs", i64::from(config.max_project_runs));
        let streams = i64::try_from(config.max_streams).unwrap_or(i64::MAX);
        layers.usual("max_streams", streams);
        layers.usual("github_api_url", github.api_url.clone());
        layers.usual("github_web_url", github.web_url.clone());
        config.public_url = layers.parsed("public_url")?;
        config.insecure_bind = layers.is("insecure_bind")?;
        let roots = layers.list("repository_roots")?.into_iter();
        config.repository_roots = roots.map(PathBuf::from).collect();
        config.repository_hosts = layers.list("repository_hosts")?;
        config.max_runs = layers.number("max_runs", RUNS)?;
        config.max_project_runs = layers.number("max_project_runs", RUNS)?;
        config.max_streams = layers.number("max_streams", STREAMS)? as usize;
        if layers.parsed::<u32>("keep_runs_days")?.is_some() {
            let days = u64::from(layers.number("keep_runs_days", DAYS)?);
            config.keep_runs = Some(Duration::from_secs(days * 24 * 60 * 60));
        }
        config.runner_image = layers.parsed("runner_image")?;
        config.github_app_slug = layers.parsed("github_app_slug")?;
        let github = options(layers, github)?;
        config.github_web_url.clone_from(&github.web_url);
        config.check()?;
        Ok(Self {
            config,
            database: layers.parsed("database_url")?,
            keys: Keys::of(layers, directory)?,
            github,
            simulate: layers.is("simulate")?,
        })
    }
}

/// Where GitHub is, and the App.
fn options(layers: &Layers, usual: GitHubOptions) -> Result<GitHubOptions, Error> {
    let api_url = layers.parsed("github_api_url")?;
    let web_url = layers.parsed("github_web_url")?;
    Ok(GitHubOptions {
        api_url: api_url.unwrap_or(usual.api_url.clone()),
        web_url: web_url.unwrap_or(usual.web_url.clone()),
        app: app(layers)?.map(Arc::new),
        ..usual
    })
}

fn app(layers: &Layers) -> Result<Option<GitHubApp>, Error> {
    let id: Option<String> = layers.parsed("github_app_id")?;
    let (id, key) = match (id, key(layers)?) {
        (None, None) => return Ok(None),
        (Some(id), Some(key)) => (id, key),
        _ => {
            let message = "a GitHub App needs both github_app_id and a private key: github_app_private_key_file, or ATTRACTOR_GITHUB_APP_PRIVATE_KEY";
            return Err(Error::invalid("invalid_setting", message));
        }
    };
    let app = GitHubApp::new(id, &key)?;
    let slug: Option<String> = layers.parsed("github_app_slug")?;
    Ok(Some(match slug {
        Some(slug) => app.with_slug(slug),
        None => app,
    }))
}

/// The App's private key, from the environment or from a file.
fn key(layers: &Layers) -> Result<Option<SecretString>, Error> {
    if let Some(key) = layers.parsed::<String>("github_app_private_key")? {
        return Ok(Some(key.into()));
    }
    let Some(path) = layers.parsed::<PathBuf>("github_app_private_key_file")? else {
        return Ok(None);
    };
    let text = std::fs::read_to_string(&path).map_err(|error| {
        let message = format!(
            "can't read the GitHub App's key {}: {error}",
            path.display()
        );
        Error::unavailable(message).caused_by(error)
    })?;
    Ok(Some(text.into()))
}

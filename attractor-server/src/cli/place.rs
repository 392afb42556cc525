//! Which server a command is about: its directory, its database, its file.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::config::Layers;
use crate::{Error, env};

/// The file in a server's directory that says how it's set up, unless another is named.
const FILE: &str = "attractor.toml";

/// Which server.
#[derive(Args, Clone, Debug)]
pub(super) struct PlaceArgs {
    /// The server's directory (default: attractor/server below `~/.local/state`).
    #[arg(long, value_name = "DIR", global = true)]
    pub(super) data_dir: Option<PathBuf>,
    /// Its database, if that isn't in the directory: `postgres://…` or `sqlite://PATH`.
    #[arg(long, value_name = "URL", global = true)]
    pub(super) database_url: Option<String>,
    /// The file that says how it's set up (default: attractor.toml in its directory, if it's there).
    #[arg(long, value_name = "FILE", global = true)]
    pub(super) config: Option<PathBuf>,
}

impl PlaceArgs {
    /// What flags, environment and file say; `flags` says what more flags do.
    pub(super) fn layers(&self, flags: impl FnOnce(&mut Layers)) -> Result<Layers, Error> {
        let mut layers = Layers::default();
        layers.flag("data_dir", self.data_dir.as_deref().map(shown));
        layers.flag("database_url", self.database_url.clone());
        flags(&mut layers);
        layers.environment(env::variable);
        let named = self.config.clone();
        let named = named.or_else(|| env::variable("ATTRACTOR_CONFIG").map(PathBuf::from));
        if let Some(file) = &named {
            layers.file(file)?;
        }
        if let Some(usual) = env::state_home() {
            layers.usual("data_dir", shown(&usual.join("attractor/server")));
        }
        let file = directory(&layers)?.join(FILE);
        if named.is_none() && file.exists() {
            layers.file(&file)?;
        }
        Ok(layers)
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// The server's directory.
pub(super) fn directory(layers: &Layers) -> Result<PathBuf, Error> {
    layers.parsed("data_dir")?.ok_or_else(|| {
        Error::misuse("there is no home directory to keep the server's data in")
            .hint("name a directory with --data-dir DIR")
    })
}

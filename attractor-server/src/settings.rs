//! What a run was started with, kept in its directory so that `resume` needs nothing else.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::allowed_host::AllowedHost;
use crate::workspace::Snapshot;

/// The choices of the user who started a run.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Settings {
    /// The pipeline file, for messages.
    pub(crate) pipeline: PathBuf,
    /// Where the run works.
    pub(crate) workdir: PathBuf,
    /// The model of nodes that name none, as `provider/model`.
    pub(crate) model: Option<String>,
    /// Whether no model is called.
    pub(crate) simulate: bool,
    /// Whether human gates answer themselves.
    pub(crate) auto_approve: bool,
    /// The hosts that agents may fetch pages from.
    pub(crate) allowed_hosts: Vec<AllowedHost>,
    /// The work tree before the run, where there is git.
    pub(crate) before: Option<Snapshot>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            pipeline: PathBuf::from("pipeline.dot"),
            workdir: PathBuf::from("."),
            model: None,
            simulate: false,
            auto_approve: false,
            allowed_hosts: Vec::new(),
            before: None,
        }
    }
}

impl Settings {
    /// Lets agents fetch pages from these hosts, too.
    pub(crate) fn allow_hosts(&mut self, hosts: Vec<AllowedHost>) {
        let known = &mut self.allowed_hosts;
        for host in hosts {
            if !known.contains(&host) {
                known.push(host);
            }
        }
    }

    /// The form that is kept in the run's manifest.
    pub(crate) fn to_host(&self) -> serde_json::Map<String, serde_json::Value> {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::Object(fields)) => fields,
            _ => serde_json::Map::new(),
        }
    }

    /// Reads them back from a run's manifest.
    pub(crate) fn from_host(
        host: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<Settings, Error> {
        serde_json::from_value(serde_json::Value::Object(host.clone())).map_err(|error| {
            Error::failure("the run's manifest.json has settings this version can't read")
                .hint("was the run started by another version of attractor?")
                .caused_by(error)
        })
    }
}

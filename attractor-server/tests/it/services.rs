//! The services that some tests need, which `scripts/services-up` starts.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::plant::Port;

/// The PostgreSQL server that tests may make databases on; says so, if there is none.
pub(crate) fn postgres() -> Option<String> {
    let url = std::env::var("ATTRACTOR_TEST_POSTGRES_URL").ok();
    let url = url.filter(|url| !url.is_empty());
    if url.is_none() {
        println!(
            "SKIPPED: ATTRACTOR_TEST_POSTGRES_URL isn't set; scripts/services-up says to what"
        );
    }
    url
}

/// A PostgreSQL of a test's own, which it may stop and start; dropping it stops it for good.
#[derive(Debug)]
pub(crate) struct Postgres {
    folder: TempDir,
    port: Port,
    url: String,
}

impl Postgres {
    /// Says so, where PostgreSQL isn't installed.
    pub(crate) fn start() -> Option<Self> {
        let mut server = Self {
            folder: tempfile::tempdir().unwrap(),
            port: Port::reserve(),
            url: String::new(),
        };
        let Some(said) = server.script("services-up", &[]) else {
            println!("SKIPPED: PostgreSQL isn't installed");
            return None;
        };
        let (_, url) = said.trim().split_once('=').unwrap();
        url.clone_into(&mut server.url);
        Some(server)
    }

    /// Some database of a user who may make others.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Stops it: as an update does, or as a crash.
    pub(crate) fn stop(&self, how: Stop) {
        let option = match how {
            Stop::Orderly => "--keep",
            Stop::Crash => "--crash",
        };
        self.script("services-down", &[option]).unwrap();
    }

    /// Starts it with what it had.
    pub(crate) fn start_again(&self) {
        self.script("services-up", &[]).unwrap();
    }

    /// What a script says; none if it has nothing to work with.
    fn script(&self, name: &str, arguments: &[&str]) -> Option<String> {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts");
        let mut command = Command::new(scripts.join(name));
        command.args(arguments);
        command.env("ATTRACTOR_SERVICES", self.folder.path());
        let port = self.port.address().port();
        command.env("ATTRACTOR_SERVICES_PORT", port.to_string());
        let output = command.output().unwrap();
        match output.status.code() {
            Some(0) => Some(String::from_utf8(output.stdout).unwrap()),
            Some(3) => None,
            _ => panic!("{name}: {}", String::from_utf8_lossy(&output.stderr)),
        }
    }
}

/// How a service comes to its end.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stop {
    Orderly,
    Crash,
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.script("services-down", &[]);
    }
}

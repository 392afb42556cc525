//! What several test modules share.

use std::{path::Path, sync::Arc, time::Duration};

use attractor_agent::{ExecCommand, ExecResult, ExecutionEnvironment, LocalEnvironment};
use tempfile::TempDir;

/// A temporary directory with a local environment in it.
pub(crate) struct Workspace {
    pub(crate) environment: Arc<LocalEnvironment>,
    directory: TempDir,
}

impl Workspace {
    pub(crate) fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let environment = Arc::new(LocalEnvironment::new(directory.path()).unwrap());
        Self {
            environment,
            directory,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path().join(name)).unwrap()
    }

    pub(crate) async fn run(&self, command: &str) -> ExecResult {
        let command = ExecCommand::new(command, Duration::from_secs(20));
        self.environment.exec_command(command).await.unwrap()
    }
}

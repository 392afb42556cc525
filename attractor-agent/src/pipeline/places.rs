//! Where stages work: in the backend's environment, or in the same one in another directory.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use attractor_core::{StageContext, StageProgress};

use crate::{environment::ExecutionEnvironment, error::Error, limits};

/// The environments of the stages that work in another directory than the backend's own, the one
/// used last at the end.
#[derive(Debug, Default)]
pub(super) struct Places(Mutex<Vec<Arc<dyn ExecutionEnvironment>>>);

impl Places {
    /// The environment of a stage. Stages that work in one directory share it, with whatever
    /// their commands have left running.
    pub(super) fn of(
        &self,
        own: &Arc<dyn ExecutionEnvironment>,
        stage: &StageContext,
    ) -> Result<Arc<dyn ExecutionEnvironment>, Error> {
        // A stage that says nothing: the engine's directories are absolute.
        if stage.workdir() == Path::new(".") {
            return Ok(Arc::clone(own));
        }
        let wanted = real(stage.workdir());
        if real(Path::new(own.working_directory())) == wanted {
            return Ok(Arc::clone(own));
        }
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_there =
            |place: &Arc<dyn ExecutionEnvironment>| Path::new(place.working_directory()) == wanted;
        if let Some(at) = places.iter().position(is_there) {
            let place = places.remove(at);
            places.push(Arc::clone(&place));
            return Ok(place);
        }
        let Some(directory) = wanted.to_str() else {
            let shown = wanted.display();
            return Err(Error::invalid_input(format!(
                "the path of the working directory {shown} is not UTF-8"
            )));
        };
        let Some(place) = own.in_directory(directory)? else {
            let own_directory = own.working_directory();
            let message = format!("the agent works in {own_directory}, not in {directory}");
            stage.progress().send(StageProgress::Warning { message });
            return Ok(Arc::clone(own));
        };
        places.retain(|place| Path::new(place.working_directory()).is_dir());
        if places.len() >= limits::PLACES_KEPT {
            places.remove(0);
        }
        places.push(Arc::clone(&place));
        Ok(place)
    }
}

/// The path without links, if it can be found out.
fn real(path: &Path) -> std::path::PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

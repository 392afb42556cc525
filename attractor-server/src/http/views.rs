//! The states of runs that were asked for, kept for the next request.

use std::sync::{Arc, Mutex};

use attractor_core::RunDirectory;
use attractor_core::engine::Engine;

use super::limits::VIEWS;
use super::service::lock;
use super::view::View;
use super::{Error, PipelineId};

/// As many states as there may be, the one that was asked for last at the end.
#[derive(Debug, Default)]
pub(super) struct Views(Mutex<Vec<(PipelineId, Arc<Mutex<View>>)>>);

impl Views {
    /// The present state of a run: the one that is known, brought up to date, or a new one.
    pub(super) fn current(
        &self,
        id: &PipelineId,
        directory: &RunDirectory,
        engine: &Engine,
    ) -> Result<Arc<Mutex<View>>, Error> {
        let known = {
            let mut views = lock(&self.0);
            let place = views.iter().position(|(known, _)| known == id);
            place.map(|place| views.remove(place).1)
        };
        let current = known.filter(|view| lock(view).catch_up());
        let view = match current {
            Some(view) => view,
            None => Arc::new(Mutex::new(View::open(directory, engine)?)),
        };
        let mut views = lock(&self.0);
        views.retain(|(known, _)| known != id);
        if views.len() == VIEWS {
            views.remove(0);
        }
        views.push((id.clone(), Arc::clone(&view)));
        Ok(view)
    }
}

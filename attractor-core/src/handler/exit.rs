use async_trait::async_trait;

use super::{Handler, StageContext};
use crate::Error;
use crate::state::Outcome;

/// The end of a pipeline: does nothing and succeeds. Goal gates are checked by the run.
///
/// Source: attractor-spec 4.4.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct ExitHandler;

#[async_trait]
impl Handler for ExitHandler {
    async fn execute(&self, _stage: &StageContext) -> Result<Outcome, Error> {
        Ok(Outcome::success())
    }
}

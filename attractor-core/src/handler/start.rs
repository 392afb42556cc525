use async_trait::async_trait;

use super::{Handler, StageContext};
use crate::Error;
use crate::state::Outcome;

/// The entry of a pipeline: does nothing and succeeds.
///
/// Source: attractor-spec 4.3.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct StartHandler;

#[async_trait]
impl Handler for StartHandler {
    async fn execute(&self, _stage: &StageContext) -> Result<Outcome, Error> {
        Ok(Outcome::success())
    }
}

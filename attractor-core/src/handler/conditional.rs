use async_trait::async_trait;

use super::{Handler, StageContext};
use crate::Error;
use crate::state::Outcome;

/// A node that only routes: does nothing and succeeds. The run evaluates the conditions on its
/// edges with the outcome of the stage before.
///
/// Source: attractor-spec 4.7.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct ConditionalHandler;

#[async_trait]
impl Handler for ConditionalHandler {
    async fn execute(&self, _stage: &StageContext) -> Result<Outcome, Error> {
        Ok(Outcome::success())
    }
}

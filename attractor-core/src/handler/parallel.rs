use async_trait::async_trait;

use super::{Handler, StageContext};
use crate::Error;
use crate::state::Outcome;

/// A node that fans out: does nothing and succeeds. The run then executes the branches, one for
/// each of the node's edges, and the node is done when they are.
///
/// A handler of yours in its place is executed before the branches begin: its context updates
/// are seen by them, and if it fails or skips the node, none begins.
///
/// Source: attractor-spec 4.8.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct ParallelHandler;

#[async_trait]
impl Handler for ParallelHandler {
    async fn execute(&self, _stage: &StageContext) -> Result<Outcome, Error> {
        Ok(Outcome::success())
    }
}

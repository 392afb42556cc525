//! What the process of a run asks: the runner API. `docs/runner-api.md` describes it.
//!
//! Every route is for the token of one attempt at one run, which the gate has looked up; what an older
//! attempt sends is refused by the store.

mod artifacts;
mod bundle;
mod claim;
mod events;
mod finish;
mod forge;
mod heartbeat;
mod journal;
mod limits;
mod pipeline;
mod questions;

pub(super) use self::artifacts::{__path_put, put};
pub(super) use self::bundle::{__path_create, __path_read, create, read};
pub(super) use self::claim::{__path_claim, claim};
pub(super) use self::events::{__path_append, append};
pub(super) use self::finish::{__path_finish, finish};
pub(super) use self::forge::{__path_credential, __path_pull_request, credential, pull_request};
pub(super) use self::heartbeat::{__path_fence, __path_heartbeat, fence, heartbeat};
pub(super) use self::journal::{__path_journal, journal};
pub(super) use self::pipeline::{__path_keep_pipeline, keep_pipeline};
pub(super) use self::questions::{__path_ask, __path_wait, ask, wait};

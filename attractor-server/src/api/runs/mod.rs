//! Runs: created, read, watched, stopped and repeated.

mod control;
mod create;
mod events;
mod explain;
mod feed;
mod graph;
mod history;
pub(crate) mod journal;
mod limits;
mod lookout;
mod read;
mod rerun;

pub(super) use self::control::{__path_cancel, __path_delete, __path_pause, __path_resume, delete};
pub(crate) use self::control::{cancel, pause, resume};
pub(crate) use self::create::create_run;
pub(super) use self::create::{__path_create, create};
pub(super) use self::events::{__path_events, events};
pub(crate) use self::explain::hops;
pub(super) use self::explain::{__path_explain, explain};
pub(super) use self::graph::{__path_graph, graph};
pub(super) use self::history::{__path_history, history};
pub(crate) use self::journal::pipeline_text;
pub(crate) use self::lookout::Lookout;
pub(super) use self::read::{__path_all, __path_of_project, __path_read, all, of_project, read};
pub(crate) use self::rerun::repeat;
pub(super) use self::rerun::{__path_rerun, rerun};

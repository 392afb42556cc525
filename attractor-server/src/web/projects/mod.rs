//! Projects: the list, a new one, and the pages of one.

mod create;
mod delete;
mod github;
mod list;
mod runs;
mod settings;

pub(super) use self::create::{create, new};
pub(super) use self::delete::delete;
pub(super) use self::github::{connect, disconnect, install};
pub(super) use self::list::page as list;
pub(super) use self::runs::{page as runs, part as runs_part};
pub(super) use self::settings::{change, page as settings};

//! Attractors of a project: the list, a new one, one with its text, and its versions.

mod change;
mod create;
mod fields;
mod finding;
mod list;
mod version;

pub(super) use self::change::{change, delete, page};
pub(super) use self::create::{create, new};
pub(super) use self::list::page as list;
pub(super) use self::version::page as version;

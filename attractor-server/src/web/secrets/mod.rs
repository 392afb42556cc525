//! Secrets of a project: what there is, never what is in it, and where one is written.

mod list;
mod put;

pub(super) use self::list::{delete, page as list};
pub(super) use self::put::{new, put};

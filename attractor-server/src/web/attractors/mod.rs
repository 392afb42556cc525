//! Attractors of a project: the list. Each has the editor's page.

mod list;

pub(super) use self::list::page as list;

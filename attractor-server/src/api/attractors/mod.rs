//! Attractors: pipelines of a project, as DOT text in versions.

mod content;
mod read;
mod sketch;
mod validate;
mod versions;
mod write;

pub(crate) use self::content::check;
pub(super) use self::read::{__path_list, __path_read, list, read};
pub(super) use self::sketch::{__path_sketch, sketch};
pub(super) use self::validate::{__path_validate, validate};
pub(super) use self::versions::{__path_version, __path_versions, version, versions};
pub(super) use self::write::{
    __path_change, __path_create, __path_delete, __path_graph, PICTURE_POLICY, change, create,
    delete, graph,
};
pub(crate) use self::write::{change_attractor, create_attractor, delete_attractor};

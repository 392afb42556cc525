//! What every process that we start has in common.

mod group;
mod variables;

pub(crate) use self::group::Group;
pub(crate) use self::variables::GIT_VARIABLES;

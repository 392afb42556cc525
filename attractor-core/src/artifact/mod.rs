//! Named storage for large outputs, which don't belong in the context.

mod info;
mod reference;
mod store;

pub use self::info::ArtifactInfo;
pub use self::store::ArtifactStore;

pub(crate) use self::reference::{is_large, reference, referenced};

//! Files that runs leave.

mod content;
mod download;
mod list;
mod range;

pub(crate) use self::content::preview;
pub(super) use self::content::{__path_content, content};
pub(super) use self::download::{__path_download, download};
pub(super) use self::list::{__path_list, __path_read, list, read};

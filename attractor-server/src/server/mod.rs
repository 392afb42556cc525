//! A server as a whole: its directory, its first start, and its end.

mod data_dir;
mod first_start;

pub(crate) use self::data_dir::DataDir;

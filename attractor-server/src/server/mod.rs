//! A server as a whole: its directory, its first start, and its end.

mod data_dir;
mod first_start;
mod keys;
mod presence;
mod running;
mod settings;
mod setup;

pub(crate) use self::data_dir::DataDir;
pub(crate) use self::keys::Keys;
pub(crate) use self::presence::{Presence, address_of_server_in};
pub(crate) use self::running::Running;
pub(crate) use self::setup::Setup;

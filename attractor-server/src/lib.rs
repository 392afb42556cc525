#![doc = include_str!("../README.md")]

mod answers;
mod ask;
pub mod cli;
mod compose;
mod console;
mod demo;
mod diagnostics;
mod drive;
mod env;
mod error;
mod exit;
#[cfg(feature = "dot-parser")]
mod graphviz;
#[cfg(feature = "http")]
pub mod http;
pub mod picture;
mod place;
mod progress;
mod record;
mod report;
mod settings;
mod signals;
mod source;
mod summary;
mod workspace;

pub use error::{Error, ErrorKind};
pub use exit::Exit;

#![doc = include_str!("../README.md")]

mod allowed_host;
mod answers;
#[cfg(feature = "serve")]
pub mod api;
#[cfg(feature = "serve")]
pub mod app;
mod ask;
#[cfg(feature = "serve")]
mod auth;
#[cfg(feature = "serve")]
pub mod bus;
pub mod cli;
#[cfg(feature = "serve")]
mod client;
mod compose;
#[cfg(feature = "serve")]
pub mod config;
mod console;
mod demo;
mod diagnostics;
#[cfg(feature = "serve")]
pub mod dispatch;
#[cfg(feature = "serve")]
pub mod domain;
mod drive;
mod env;
mod error;
#[cfg(feature = "serve")]
mod execute;
mod exit;
#[cfg(feature = "serve")]
pub mod forge;
#[cfg(feature = "dot-parser")]
mod graphviz;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "serve")]
mod log;
#[cfg(feature = "serve")]
pub mod objects;
pub mod picture;
mod place;
mod progress;
#[cfg(feature = "serve")]
pub mod queue;
mod record;
mod report;
#[cfg(feature = "serve")]
pub mod retention;
#[cfg(feature = "serve")]
pub mod runner;
#[cfg(feature = "serve")]
pub mod runner_api;
#[cfg(feature = "serve")]
pub mod secrets;
#[cfg(feature = "serve")]
mod server;
mod settings;
#[cfg(feature = "serve")]
mod shutdown;
mod signals;
mod source;
#[cfg(feature = "serve")]
pub mod store;
mod summary;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "serve")]
mod tls;
#[cfg(feature = "serve")]
mod web;
mod workspace;

pub use error::{Error, ErrorKind};
pub use exit::Exit;

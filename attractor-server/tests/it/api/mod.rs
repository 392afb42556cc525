//! The control plane over real connections on loopback, with a real database.

mod access;
mod attractors;
mod bundles;
#[cfg(target_os = "linux")]
mod crowd;
mod databases;
mod ends;
mod errors;
mod forge;
mod harness;
mod models;
mod openapi;
mod pages;
mod projects;
mod retention;
mod runs;
mod security;
mod session;
mod specification;
mod streams;

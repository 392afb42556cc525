//! The control plane over real connections on loopback, with a real database.

mod access;
mod attractors;
mod errors;
mod harness;
mod openapi;
mod projects;
mod runs;
mod session;
mod streams;

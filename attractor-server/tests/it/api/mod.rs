//! The control plane over real connections on loopback, with a real database.

mod access;
mod attractors;
mod bundles;
mod databases;
mod errors;
mod forge;
mod harness;
mod models;
mod openapi;
mod pages;
mod projects;
mod runs;
mod security;
mod session;
mod streams;

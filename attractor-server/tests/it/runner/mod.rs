//! `attractor runner` against a control plane in memory.

mod control;
mod credential;
mod factory;
mod faults;
mod implementation;
#[cfg(feature = "testing")]
mod local;
mod models;
mod plane;
mod planning;
mod task;

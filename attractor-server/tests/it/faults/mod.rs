//! `attractor serve` and its runners as processes that are killed, stopped and cut off at each step of a
//! run: nothing is lost, nothing is done twice.

mod cancel;
mod database;
mod disk;
mod kill;
mod restart;
mod servers;
mod silent;
mod steps;
mod world;

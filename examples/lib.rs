//! The example programs of the Attractor crates; `README.md` beside this file lists them.

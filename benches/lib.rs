//! Benchmarks of the Attractor crates: cost per unit, and how it grows.

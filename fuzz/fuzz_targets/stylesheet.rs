//! Any text as a model stylesheet.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Err(broken) = attractor_core::testing::fuzzing::check("stylesheet", bytes) {
        panic!("{broken}");
    }
});

//! Any text as a pipeline.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Err(broken) = attractor_core::testing::fuzzing::check("dot", bytes) {
        panic!("{broken}");
    }
});

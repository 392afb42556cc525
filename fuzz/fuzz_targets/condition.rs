//! Any text as a condition.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Err(broken) = attractor_core::testing::fuzzing::check("condition", bytes) {
        panic!("{broken}");
    }
});

//! Any bytes as a stream, a reply, an error and the data of events.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Err(broken) = attractor_llm::testing::fuzzing::check("openai-chat", bytes) {
        panic!("{broken}");
    }
});

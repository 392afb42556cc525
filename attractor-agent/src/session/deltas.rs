//! The output of a running tool as events.

use std::sync::{Arc, Mutex, PoisonError};

use super::handle::Shared;
use crate::{
    environment::{OutputSink, OutputStream},
    event::EventKind,
    limits,
};

/// A sink that turns output into events, whole characters at a time.
pub(super) fn sink(shared: Arc<Shared>, call_id: String) -> OutputSink {
    let pending = Mutex::new((0_usize, [Vec::new(), Vec::new()]));
    OutputSink::new(move |stream, chunk| {
        let mut pending = pending.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, buffers) = &mut *pending;
        *count += 1;
        if *count > limits::OUTPUT_DELTAS_PER_CALL {
            return;
        }
        let buffer = &mut buffers[usize::from(stream == OutputStream::Stderr)];
        buffer.extend_from_slice(chunk);
        let delta = take_characters(buffer);
        if !delta.is_empty() {
            shared.bus.emit(EventKind::ToolCallOutputDelta {
                call_id: call_id.clone(),
                delta,
            });
        }
    })
}

/// Takes all but a character that isn't complete yet.
fn take_characters(buffer: &mut Vec<u8>) -> String {
    let incomplete = match std::str::from_utf8(buffer) {
        Err(error) if error.error_len().is_none() => buffer.len() - error.valid_up_to(),
        // Bytes that will never be a character are shown as such; only the end can be incomplete.
        Err(_) => (1..=3.min(buffer.len()))
            .find(|&back| buffer[buffer.len() - back] & 0xc0 == 0xc0)
            .unwrap_or(0),
        Ok(_) => 0,
    };
    let rest = buffer.split_off(buffer.len() - incomplete);
    let taken = std::mem::replace(buffer, rest);
    String::from_utf8_lossy(&taken).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_split_across_chunks_stays_whole() {
        let mut buffer = "aé".as_bytes()[..2].to_vec();
        assert_eq!(take_characters(&mut buffer), "a");
        buffer.push("é".as_bytes()[1]);
        assert_eq!(take_characters(&mut buffer), "é");
        assert!(buffer.is_empty());
    }
}

//! Reads one output stream: memory up to a limit, beyond it also a file.

use std::{fs::File, io::Write as _, path::PathBuf};

use tokio::io::AsyncRead;

use super::pipe;
use crate::{
    environment::{CapturedOutput, OutputSink, OutputStream},
    limits,
};

/// One stream of a running command.
#[derive(Debug)]
pub(super) struct Capture {
    stream: OutputStream,
    pub(super) output: CapturedOutput,
    path: Option<PathBuf>,
    file: Option<File>,
    spilled: u64,
}

impl Capture {
    /// `path` is where the whole output goes once it is too long for memory.
    pub(super) fn new(stream: OutputStream, path: Option<PathBuf>) -> Self {
        Self {
            stream,
            output: CapturedOutput::default(),
            path,
            file: None,
            spilled: 0,
        }
    }

    /// Reads to the end of the stream; may be dropped and called again.
    pub(super) async fn pump(&mut self, pipe: &mut (impl AsyncRead + Unpin), sink: &OutputSink) {
        pipe::read_to_end(pipe, |chunk| self.take(chunk, sink)).await;
    }

    pub(super) fn take(&mut self, chunk: &[u8], sink: &OutputSink) {
        sink.send(self.stream, chunk);
        let total = self.output.total_bytes() + chunk.len() as u64;
        if total > limits::OUTPUT_BYTES_IN_MEMORY as u64 {
            self.spill(chunk);
        }
        self.output.push(chunk);
    }

    /// Called before the chunk is pushed, so that memory still has everything the first time. A
    /// temporary file on the same machine is written fast enough not to leave the task for it.
    fn spill(&mut self, chunk: &[u8]) {
        if self.file.is_none() {
            let Some(path) = self.path.take() else { return };
            let Ok(mut file) = File::create(&path) else {
                return;
            };
            let so_far = self.output.bytes();
            if file.write_all(&so_far).is_err() {
                return;
            }
            self.spilled = so_far.len() as u64;
            self.output.set_file(path.to_string_lossy());
            self.file = Some(file);
        }
        let Some(file) = &mut self.file else { return };
        let room = limits::OUTPUT_BYTES_SPILLED.saturating_sub(self.spilled);
        let part = &chunk[..chunk.len().min(usize::try_from(room).unwrap_or(usize::MAX))];
        let written = file.write_all(part).is_ok();
        if written {
            self.spilled += part.len() as u64;
        }
        if !written || part.len() < chunk.len() {
            self.output.cut_file_at(self.spilled);
            self.file = None;
        }
    }
}

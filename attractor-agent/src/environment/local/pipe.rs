//! Reading what a command writes.

use tokio::io::{AsyncRead, AsyncReadExt as _};

use crate::limits;

/// Reads to the end of the stream. Loses nothing when dropped and called again: between the read
/// and the end of what is done with it there is no await.
pub(super) async fn read_to_end(pipe: &mut (impl AsyncRead + Unpin), mut take: impl FnMut(&[u8])) {
    let mut buffer = vec![0; limits::PIPE_CHUNK_BYTES];
    // A read error ends the output as its end would: the exit code still tells the truth.
    while let Ok(count @ 1..) = pipe.read(&mut buffer).await {
        take(&buffer[..count]);
    }
}

/// Reads what is in the pipe at this moment, without waiting. When the writer has exited, that is
/// all it wrote, however late it is looked at; what others write meanwhile is bounded.
#[cfg(unix)]
pub(super) fn read_what_is_there(pipe: &impl std::os::fd::AsFd, mut take: impl FnMut(&[u8])) {
    let mut buffer = vec![0; limits::PIPE_CHUNK_BYTES];
    let mut read = 0;
    while read < limits::PIPE_CAPACITY_BYTES
        && let Ok(count @ 1..) = rustix::io::read(pipe, &mut buffer[..])
    {
        take(&buffer[..count]);
        read += count;
    }
}

#[cfg(not(unix))]
pub(super) fn read_what_is_there<P>(_pipe: &P, _take: impl FnMut(&[u8])) {}

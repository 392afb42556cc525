//! A pseudo-terminal for a command.

use std::{
    io,
    os::fd::{BorrowedFd, OwnedFd},
    process::Stdio,
};

use rustix::{
    fs::{Mode, OFlags},
    pty::OpenptFlags,
    termios::Winsize,
};
use tokio::{
    net::unix::pipe::{Receiver, Sender},
    process::Command,
};

use crate::limits;

/// The host's end of a terminal: what is typed and what is shown.
#[derive(Debug)]
pub(super) struct Terminal {
    pub(super) keyboard: Sender,
    pub(super) screen: Receiver,
}

/// Gives the command a terminal of its own. Must come after what starts its session.
pub(super) fn attach(process: &mut Command) -> io::Result<Terminal> {
    let (host, command) = open()?;
    process
        .stdin(Stdio::from(command.try_clone()?))
        .stdout(Stdio::from(command.try_clone()?))
        .stderr(Stdio::from(command));
    control_terminal(process);
    rustix::io::ioctl_fionbio(&host, true)?;
    Ok(Terminal {
        keyboard: Sender::from_owned_fd_unchecked(host.try_clone()?)?,
        screen: Receiver::from_owned_fd_unchecked(host)?,
    })
}

/// Both ends.
fn open() -> io::Result<(OwnedFd, OwnedFd)> {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
    #[cfg(target_os = "linux")]
    let flags = flags | OpenptFlags::CLOEXEC;
    let host = rustix::pty::openpt(flags)?;
    rustix::io::fcntl_setfd(&host, rustix::io::FdFlags::CLOEXEC)?;
    rustix::pty::grantpt(&host)?;
    rustix::pty::unlockpt(&host)?;
    let name = rustix::pty::ptsname(&host, Vec::new())?;
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let command = rustix::fs::open(name, flags, Mode::empty())?;
    let size = Winsize {
        ws_row: limits::TERMINAL_ROWS,
        ws_col: limits::TERMINAL_COLUMNS,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    rustix::termios::tcsetwinsize(&host, size)?;
    Ok((host, command))
}

/// Makes standard input the terminal that signals come from.
fn control_terminal(process: &mut Command) {
    #[expect(
        unsafe_code,
        reason = "one ioctl on standard input, which is open in the child; async-signal-safe"
    )]
    unsafe {
        process.pre_exec(|| {
            rustix::process::ioctl_tiocsctty(BorrowedFd::borrow_raw(0)).map_err(io::Error::from)
        });
    }
}

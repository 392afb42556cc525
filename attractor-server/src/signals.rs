//! Ctrl-C and SIGTERM.

use crate::exit::Exit;

/// Waits until the user or the system asks the process to stop, and says how.
pub(crate) struct Signals {
    #[cfg(unix)]
    interrupt: Option<tokio::signal::unix::Signal>,
    #[cfg(unix)]
    terminate: Option<tokio::signal::unix::Signal>,
}

impl Signals {
    /// Starts listening; from now on neither signal ends the process by itself.
    pub(crate) fn listen() -> Signals {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Signals {
                interrupt: signal(SignalKind::interrupt()).ok(),
                terminate: signal(SignalKind::terminate()).ok(),
            }
        }
        #[cfg(not(unix))]
        Signals {}
    }

    /// The next request to stop. One that comes between two calls isn't lost.
    pub(crate) async fn next(&mut self) -> Exit {
        #[cfg(unix)]
        {
            tokio::select! {
                () = received(&mut self.interrupt) => Exit::Interrupted,
                () = received(&mut self.terminate) => Exit::Terminated,
            }
        }
        #[cfg(not(unix))]
        {
            let _ = tokio::signal::ctrl_c().await;
            Exit::Interrupted
        }
    }
}

/// Waits for a signal; for ever if it can't be listened to.
#[cfg(unix)]
async fn received(signal: &mut Option<tokio::signal::unix::Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

//! Ctrl-C and SIGTERM.

use std::thread;

use tokio::sync::mpsc;

use crate::exit::Exit;

/// Requests to stop that may wait to be taken; the second one ends the process anyway.
const WAITING: usize = 2;

/// Waits until the user or the system asks the process to stop, and says how.
///
/// A second request ends the process at once. A thread of its own listens, because the one that
/// shows the run may be held up by a reader who reads no more.
pub(crate) struct Signals {
    requests: mpsc::Receiver<Exit>,
}

impl Signals {
    /// Starts listening; from now on the first signal doesn't end the process by itself.
    pub(crate) fn listen() -> Signals {
        let (sender, requests) = mpsc::channel(WAITING);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        if let Ok(runtime) = runtime {
            let sources = {
                let _entered = runtime.enter();
                Sources::new()
            };
            // Without the thread, nothing asks the run to stop: it has to be killed.
            let _ = thread::Builder::new()
                .name("attractor-signals".to_owned())
                .spawn(move || runtime.block_on(forward(sources, sender)));
        }
        Signals { requests }
    }

    /// The request to stop.
    pub(crate) async fn next(&mut self) -> Exit {
        match self.requests.recv().await {
            Some(exit) => exit,
            None => std::future::pending().await,
        }
    }
}

async fn forward(mut sources: Sources, requests: mpsc::Sender<Exit>) {
    let first = sources.next().await;
    let _ = requests.send(first).await;
    let second = sources.next().await;
    std::process::exit(second.code().into());
}

#[cfg(unix)]
struct Sources {
    interrupt: Option<tokio::signal::unix::Signal>,
    terminate: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Sources {
    fn new() -> Sources {
        use tokio::signal::unix::{SignalKind, signal};
        Sources {
            interrupt: signal(SignalKind::interrupt()).ok(),
            terminate: signal(SignalKind::terminate()).ok(),
        }
    }

    async fn next(&mut self) -> Exit {
        tokio::select! {
            () = received(&mut self.interrupt) => Exit::Interrupted,
            () = received(&mut self.terminate) => Exit::Terminated,
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

#[cfg(not(unix))]
struct Sources;

#[cfg(not(unix))]
impl Sources {
    fn new() -> Sources {
        Sources
    }

    async fn next(&mut self) -> Exit {
        let _ = tokio::signal::ctrl_c().await;
        Exit::Interrupted
    }
}

//! The processes that a command has started.

use std::time::Duration;

use tokio::process::Child;

/// The process group of a command; killed when dropped, unless released.
#[derive(Debug)]
pub(crate) struct Group(#[cfg(unix)] Option<rustix::process::Pid>);

#[cfg(unix)]
impl Group {
    pub(crate) fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self(id.and_then(rustix::process::Pid::from_raw))
    }

    fn signal(&self, signal: rustix::process::Signal) {
        if let Some(group) = self.0 {
            // A group that is gone already is what is wanted.
            let _ = rustix::process::kill_process_group(group, signal);
        }
    }

    pub(crate) fn terminate(&self) {
        self.signal(rustix::process::Signal::TERM);
    }

    pub(crate) fn kill(&self) {
        self.signal(rustix::process::Signal::KILL);
    }

    /// Waits until no process of the group is left, or for ever.
    pub(crate) async fn gone(&self) {
        let Some(group) = self.0 else { return };
        while rustix::process::test_kill_process_group(group).is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) fn release(&mut self) {
        self.0 = None;
    }
}

#[cfg(not(unix))]
impl Group {
    pub(crate) fn of(_child: &Child) -> Self {
        Self()
    }

    pub(crate) fn terminate(&self) {}

    pub(crate) fn kill(&self) {}

    pub(crate) async fn gone(&self) {}

    pub(crate) fn release(&mut self) {}
}

#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

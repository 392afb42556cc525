//! What executes runs: it starts processes that do, looks whether they live, and ends them.
//!
//! Such a process speaks with the control plane through the runner API, with a token that is good for
//! its attempt at its run only.

mod local;

pub use self::local::{LocalRunner, LocalRunnerConfig};

pub(crate) use self::local::{ATTEMPT, GRACE};

use std::fmt::Debug;

use async_trait::async_trait;
use secrecy::SecretString;

use crate::domain::{Error, Project, Run, RunId};

/// An attempt at a run, to be started.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The run; its attempt is the one to be started.
    pub run: Run,
    /// Whose it is.
    pub project: Project,
    /// Where the runner API is: `http://127.0.0.1:8080`.
    pub api_url: String,
    /// What the runner signs in with.
    pub token: SecretString,
}

/// What is seen of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Observation {
    /// It's there, or will be.
    Alive,
    /// It has ended; in a word why, if that is known: `exit code 1`, `signal 9`.
    Ended(Option<String>),
    /// It took longer than it may and was ended for that.
    TimedOut,
    /// Nothing is known of it.
    Unknown,
}

/// Starts and ends what executes runs.
#[async_trait]
pub trait Runner: Debug + Send + Sync + 'static {
    /// Starts an attempt.
    ///
    /// # Behavior
    ///
    /// - Starting the same attempt twice starts one.
    /// - Returns as soon as it's under way.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::domain::ErrorKind::Unavailable) if it may work later, any
    /// other kind if it won't.
    async fn launch(&self, launch: Launch) -> Result<(), Error>;

    /// What is seen of an attempt, also one that another process of the server has started.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::domain::ErrorKind::Unavailable).
    async fn observe(&self, run: &RunId, attempt: i64) -> Result<Observation, Error>;

    /// Ends an attempt with all that it has started: asks first, and makes sure within two seconds.
    /// That it isn't there is no error.
    ///
    /// # Behavior
    ///
    /// - When it has returned, nothing of the attempt is left.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::domain::ErrorKind::Unavailable), also if something is left.
    async fn stop(&self, run: &RunId, attempt: i64) -> Result<(), Error>;

    /// The attempts that may be there still, also those that another process of the server has
    /// started: what a server looks after that begins anew.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::domain::ErrorKind::Unavailable).
    async fn attempts(&self) -> Result<Vec<(RunId, i64)>, Error>;

    /// Removes what attempts at a run have left where they worked; the run is over, and deleted or
    /// too old to be repeated.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::domain::ErrorKind::Unavailable).
    async fn clean_up(&self, run: &RunId) -> Result<(), Error>;
}

/// The trait can be used behind a pointer.
const _: Option<&dyn Runner> = None;

//! Every limit of signing in, with the reason for the number.

use std::time::Duration;

/// How long a sign-in link is good: from a terminal into a browser, with a coffee in between.
pub(crate) const LINK_TIME: Duration = Duration::from_secs(15 * 60);

/// How long a browser stays signed in.
pub(crate) const SESSION_TIME: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// How old a token's last use is before it's noted anew: one write a minute.
pub(super) const TOUCH: Duration = Duration::from_secs(60);

/// Sign-ins that may fail from one address in [`FAILURE_TIME`] before it has to wait: more than a
/// person mistypes.
pub(super) const FAILURES: u32 = 10;

/// How long failures count.
pub(super) const FAILURE_TIME: Duration = Duration::from_secs(60);

/// Addresses whose failures are remembered; the oldest is forgotten first.
pub(super) const ADDRESSES: usize = 10_000;

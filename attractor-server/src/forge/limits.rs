//! Every limit of what is asked of forges, with the reason for the number.

use std::time::Duration;

/// How long a host's name may be looked up: resolvers give up after 5 seconds a try.
pub(super) const LOOK_UP_TIME: Duration = Duration::from_secs(10);

/// Addresses of a host that git is given: it tries one after the other.
pub(super) const ADDRESSES: usize = 8;

/// How long a connection may take to be there.
pub(super) const CONNECT_TIME: Duration = Duration::from_secs(10);

/// How long a request may take: GitHub itself ends those that take longer than 10 seconds.
pub(super) const REQUEST_TIME: Duration = Duration::from_secs(20);

/// Bytes of an answer: 100 repositories have less than 1 MiB.
pub(super) const ANSWER_BYTES: usize = 8 * 1024 * 1024;

/// Redirects of a request: a repository that was renamed has one.
pub(super) const REDIRECTS: usize = 3;

/// How often a request is sent until it succeeds.
pub(super) const ATTEMPTS: u32 = 4;

/// How long is waited before a request is sent again, if the forge doesn't say; twice as long each time.
pub(super) const BACKOFF: Duration = Duration::from_millis(500);

/// How long is waited for a forge at most; what it wants to be waited for longer is the caller's to know.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// Repositories in one answer: the most that GitHub gives.
pub(super) const PAGE: usize = 100;

/// Answers that make up a list: 10,000 repositories.
pub(super) const PAGES: usize = 100;

/// Installation tokens that are remembered.
pub(super) const TOKENS: usize = 1_024;

/// How long before its end a token is no longer handed out: a clone or a push must end before.
pub(super) const TOKEN_MARGIN: Duration = Duration::from_secs(10 * 60);

/// How long what an App signs in with is good for: GitHub takes 10 minutes at most.
pub(super) const JWT_TIME: Duration = Duration::from_secs(9 * 60);

/// How much GitHub's clock may be behind ours.
pub(super) const CLOCK_SKEW: Duration = Duration::from_secs(60);

/// Characters of a pull request's title (GitHub).
pub(super) const TITLE_CHARACTERS: usize = 256;

/// Characters of a pull request's text (GitHub has 65,536).
pub(super) const BODY_CHARACTERS: usize = 65_000;

/// Characters of what a forge says, in an error.
pub(super) const MESSAGE_CHARACTERS: usize = 300;

/// How long a person may take from the server to GitHub and back.
pub(super) const STATE_TIME: Duration = Duration::from_secs(30 * 60);

/// Bytes of a state that is looked at: ours have about 150.
pub(super) const STATE_BYTES: usize = 512;

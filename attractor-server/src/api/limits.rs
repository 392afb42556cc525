//! Every limit of the API, with the reason for the number.

use std::time::Duration;

/// Bytes of a JSON body (contract 1.0).
pub(super) const BODY_BYTES: usize = 2 * 1024 * 1024;

/// How long a client may take to send a JSON body.
pub(super) const BODY_TIME: Duration = Duration::from_secs(30);

/// Characters of a project's name (contract 1.1).
pub(super) const PROJECT_NAME: (usize, usize) = (2, 80);

/// Characters of any other name: a line of a list.
pub(super) const NAME_CHARACTERS: usize = 120;

/// Characters of a description or a reason: a page of text.
pub(super) const TEXT_CHARACTERS: usize = 10_000;

/// Characters of what an author says about a version: a line.
pub(super) const MESSAGE_CHARACTERS: usize = 200;

/// Events with a run, if the client doesn't say (contract 1.1).
pub(super) const RUN_EVENTS: u32 = 200;

/// Keys of one secret: the largest row of the projection table has five.
pub(super) const SECRET_KEYS: usize = 50;

/// Bytes of an attractor's text: a pipeline of 5,000 nodes has less; the body around it has 2 MiB.
pub(super) const ATTRACTOR_BYTES: usize = 1024 * 1024;

/// Diagnostics in one answer: a text with more is no pipeline.
pub(super) const DIAGNOSTICS: usize = 1_000;

/// Questions that wait, in one answer: more than a person can look through.
pub(super) const PENDING_QUESTIONS: u32 = 500;

/// Bytes of an artifact in a preview, if the client doesn't say (contract 1.3.3).
pub(super) const PREVIEW_BYTES: u64 = 1024 * 1024;

/// Bytes of an artifact in a preview at most: a page shows no more without trouble.
pub(super) const MAX_PREVIEW_BYTES: u64 = 5 * 1024 * 1024;

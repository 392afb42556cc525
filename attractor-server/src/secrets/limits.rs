//! Every limit of secrets, with the reason for the number.

use std::time::Duration;

/// Values of one secret: the widest row of the projection table has five.
pub(super) const VALUES: usize = 64;

/// Bytes of all names and values of one secret: what a secret of a cluster leaves room for.
pub(super) const SECRET_BYTES: usize = 256 * 1024;

/// Characters of a key in a secret, and of a secret's name in a cluster (Kubernetes).
pub(super) const KEY_CHARACTERS: usize = 253;

/// Characters of what people call a secret: the associated data of its seal, and a line of a list.
pub(super) const NAME_CHARACTERS: usize = 200;

/// Secrets of one project: all are opened for each of its runs.
pub(super) const SECRETS_OF_A_PROJECT: u32 = 500;

/// Secrets that are sealed anew between two looks for more.
pub(super) const RESEAL_BATCH: u32 = 100;

/// Looks for more: a million secrets. What others seal with an old key meanwhile would make it endless.
pub(super) const RESEAL_BATCHES: usize = 10_000;

/// Keys of a ring: each is one rotation of which nobody sealed the secrets anew.
pub(super) const KEYS: usize = 32;

/// Bytes of a key file: its keys with some comments.
pub(super) const KEY_FILE_BYTES: u64 = 64 * 1024;

/// Characters of a value that is scrubbed: what is shorter is part of too many other words.
pub(super) const SCRUBBED_CHARACTERS: usize = 6;

/// Characters of a line of a longer value that is scrubbed on its own.
pub(super) const SCRUBBED_LINE_CHARACTERS: usize = 16;

/// How long it takes until another server's change of a secret is known to what scrubs.
pub(super) const SCRUBBER_TIME: Duration = Duration::from_secs(10);

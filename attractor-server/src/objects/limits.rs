//! Every limit of the object store, with the reason for the number.

/// Bytes of a key: S3 takes 1,024, and what S3 doesn't take is refused on one machine, too.
pub(super) const KEY_BYTES: usize = 1_024;

/// Bytes of a part of a key as it is written: a file's name has 255, and while it's being written
/// there is a number behind it.
pub(super) const KEY_PART_BYTES: usize = 240;

/// Bytes that are collected before they are handed on: a part of an upload has at least 5 MiB with S3,
/// and this much is held in memory for each object that is being stored.
pub(super) const PART_BYTES: usize = 5 * 1024 * 1024;

/// How often a folder is removed that others are still writing into.
pub(super) const REMOVALS: usize = 3;

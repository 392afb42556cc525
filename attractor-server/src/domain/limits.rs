//! Every limit of the control plane's values, with the reason for the number.

/// Characters of an id: ours have 25.
pub(super) const ID_CHARACTERS: usize = 64;

/// Bytes of a branch's name: a file's name in `.git` has at most 255.
pub(super) const BRANCH_BYTES: usize = 200;

/// Characters of a namespace: DNS-1123 labels have no more.
pub(super) const NAMESPACE_CHARACTERS: usize = 63;

/// Characters of the part of a namespace that comes from the project's name (contract 1.1).
pub(super) const SLUG_CHARACTERS: usize = 40;

/// Bytes of an artifact's key: part of a path, and of a key in object storage (1,024 there).
pub(super) const ARTIFACT_KEY_BYTES: usize = 400;

/// Bytes of a file's path in a repository: what a path of an artifact has.
pub(super) const REPO_PATH_BYTES: usize = 400;

/// Bytes of a repository's address.
pub(super) const REPOSITORY_BYTES: usize = 1_000;

/// Items of a page, if the client doesn't say.
pub(super) const PAGE: u32 = 100;

/// Items of a page at most.
pub(super) const MAX_PAGE: u32 = 500;

use std::collections::VecDeque;

use serde_json::{Value, json};

use crate::domain::Timestamp;

/// A repository of the fake.
#[derive(Clone, Debug)]
pub struct FakeRepository {
    pub(super) full_name: String,
    pub(super) private: bool,
    pub(super) default_branch: String,
    pub(super) branches: Vec<String>,
    pub(super) protected: Vec<String>,
}

impl FakeRepository {
    /// A private repository `owner/name` with the branch `main`.
    pub fn new(full_name: impl Into<String>) -> Self {
        Self {
            full_name: full_name.into(),
            private: true,
            default_branch: "main".to_owned(),
            branches: vec!["main".to_owned()],
            protected: Vec::new(),
        }
    }

    /// Anybody may see it.
    #[must_use]
    pub fn public(mut self) -> Self {
        self.private = false;
        self
    }

    /// With another default branch.
    #[must_use]
    pub fn with_default_branch(mut self, branch: impl Into<String>) -> Self {
        self.default_branch = branch.into();
        self.branches = vec![self.default_branch.clone()];
        self
    }

    /// With another branch.
    #[must_use]
    pub fn with_branch(mut self, branch: impl Into<String>) -> Self {
        self.branches.push(branch.into());
        self
    }

    /// With another branch, which is protected.
    #[must_use]
    pub fn with_protected_branch(mut self, branch: impl Into<String>) -> Self {
        let branch = branch.into();
        self.protected.push(branch.clone());
        self.with_branch(branch)
    }

    pub(super) fn owner(&self) -> &str {
        self.full_name.split('/').next().unwrap_or_default()
    }

    pub(super) fn name(&self) -> &str {
        self.full_name.rsplit('/').next().unwrap_or_default()
    }
}

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing does.
    None,
    /// It's refused with this status, and has no effect.
    Status(u16),
    /// It has its effect, and the answer is this status.
    StatusAfter(u16),
    /// GitHub wants to be left alone for so many seconds.
    RetryAfter(u64),
    /// No more requests are left in this hour, which ends in so many seconds.
    RateLimit(i64),
    /// The answer isn't JSON.
    Garbage,
}

/// A request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// `GET`, `POST`.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// What it signed in with: `Bearer …`.
    pub authorization: Option<String>,
    /// What was posted.
    pub body: String,
}

/// A token that the App was given.
#[derive(Clone, Debug)]
pub(super) struct Issued {
    pub(super) token: String,
    pub(super) expires_at: Timestamp,
    /// Full names; all of the installation's if none.
    pub(super) repositories: Option<Vec<String>>,
    pub(super) permissions: Value,
}

#[derive(Clone, Debug)]
pub(super) struct Pull {
    pub(super) number: usize,
    pub(super) repository: String,
    pub(super) head: String,
    pub(super) base: String,
}

/// All that the fake knows.
#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) repositories: Vec<FakeRepository>,
    pub(super) pulls: Vec<Pull>,
    pub(super) tokens: Vec<Issued>,
    pub(super) faults: VecDeque<Fault>,
    pub(super) requests: Vec<Recorded>,
}

impl World {
    pub(super) fn add(&mut self, repository: FakeRepository) {
        self.repositories.push(repository);
    }

    pub(super) fn find(&self, full_name: &str) -> Option<&FakeRepository> {
        let is_it = |it: &&FakeRepository| it.full_name.eq_ignore_ascii_case(full_name);
        self.repositories.iter().find(is_it)
    }

    /// A repository as GitHub shows it.
    pub(super) fn shown(&self, repository: &FakeRepository) -> Value {
        let id = self
            .repositories
            .iter()
            .position(|it| it.full_name == repository.full_name);
        json!({
            "id": 1_000 + id.unwrap_or_default(),
            "name": repository.name(),
            "full_name": repository.full_name,
            "private": repository.private,
            "default_branch": repository.default_branch,
            "owner": { "login": repository.owner() },
        })
    }
}

impl Pull {
    /// A pull request as GitHub shows it.
    pub(super) fn shown(&self) -> Value {
        let (number, repository) = (self.number, &self.repository);
        json!({
            "number": number,
            "state": "open",
            "html_url": format!("https://github.com/{repository}/pull/{number}"),
            "head": { "ref": self.head },
            "base": { "ref": self.base },
        })
    }
}

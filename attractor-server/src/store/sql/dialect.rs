use crate::domain::Error;

/// Which database it is, and with that, all that differs between the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// The one that an address is of.
    pub(super) fn of(url: &str) -> Result<Self, Error> {
        match url.split_once("://") {
            Some(("sqlite", _)) => Ok(Self::Sqlite),
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres),
            // The address may hold a password.
            _ => Err(Error::invalid(
                "invalid_database",
                "the database's address must begin with sqlite:// or postgres://",
            )),
        }
    }

    /// How a transaction begins that may write. SQLite's takes the lock at once: one that began by
    /// reading could lose it to another, and would have to be done again.
    pub(super) fn begin(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }

    /// What is set when a connection opens.
    pub(super) fn on_connect(self, writes: bool) -> &'static str {
        match (self, writes) {
            (Self::Sqlite, true) => {
                "pragma journal_mode = wal; pragma synchronous = normal; pragma foreign_keys = on"
            }
            (Self::Sqlite, false) => "pragma query_only = on",
            (Self::Postgres, _) => {
                "set application_name = 'attractor'; set statement_timeout = '15s'; \
                 set idle_in_transaction_session_timeout = '30s'"
            }
        }
    }

    /// Ends a `select` whose rows nobody else may change before the transaction ends. In SQLite nobody
    /// else writes anyhow.
    pub(super) fn for_update(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " for update",
        }
    }

    /// Lets one transaction at a time go on that claims runs, of all servers. It's over with the
    /// transaction.
    pub(super) fn lock_claims(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => None,
            // Any number that nobody else uses: the letters `attr`.
            Self::Postgres => Some("select pg_advisory_xact_lock(1635021938)"),
        }
    }
}

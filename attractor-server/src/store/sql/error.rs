use sqlx::error::{DatabaseError, ErrorKind};

use crate::domain::Error;

/// The codes of errors that a caller here puts its own in place of.
const UNIQUE: &str = "unique_violation";
const FOREIGN: &str = "foreign_key_violation";

/// What a database's error means to others. Its text stays in the source, for the log.
pub(in crate::store) fn failed(error: sqlx::Error) -> Error {
    let meaning = match &error {
        sqlx::Error::Database(database) => of_database(database.as_ref()),
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed => {
            Error::unavailable("the database can't be reached now: try again")
        }
        sqlx::Error::PoolClosed => Error::unavailable("the server is about to stop"),
        sqlx::Error::Configuration(_) => {
            Error::invalid("invalid_database", "the database's address makes no sense")
        }
        _ => Error::internal("the database said something unexpected"),
    };
    meaning.caused_by(error)
}

fn of_database(error: &dyn DatabaseError) -> Error {
    match error.kind() {
        ErrorKind::UniqueViolation => Error::conflict(UNIQUE, "it exists already"),
        ErrorKind::ForeignKeyViolation => Error::conflict(
            FOREIGN,
            "what it refers to isn't there, or is still referred to",
        ),
        _ => match error.code().map(|code| wait_for(&code)) {
            Some(Some(what)) => Error::unavailable(format!("the database {what}: try again")),
            _ => Error::internal("the database refused a statement"),
        },
    }
}

/// What is the matter, if it's over by itself or by what an operator does.
fn wait_for(code: &str) -> Option<&'static str> {
    // SQLite's are numbers whose last byte is the kind, PostgreSQL's five characters.
    if let Ok(number) = code.parse::<u32>()
        && code.len() < 5
    {
        return match number & 0xff {
            5 | 6 => Some("is locked"),
            8 | 10 | 14 => Some("can't be written or read"),
            13 => Some("has no space left"),
            _ => None,
        };
    }
    match code {
        "40001" | "40P01" | "55P03" | "57014" => Some("is busy"),
        _ if code.starts_with("08") || code.starts_with("57P") => Some("can't be reached now"),
        _ if code.starts_with("53") => Some("is at a limit of its machine"),
        _ => None,
    }
}

/// Errors of a statement that a caller knows more about.
pub(super) trait Refine<T> {
    /// What it means that another row has what may be there once.
    fn or_taken(self, meaning: impl FnOnce() -> Error) -> Result<T, Error>;

    /// What it means that a row isn't there that this one refers to.
    fn or_missing(self, what: &str) -> Result<T, Error>;
}

impl<T> Refine<T> for Result<T, Error> {
    fn or_taken(self, meaning: impl FnOnce() -> Error) -> Self {
        self.map_err(|error| if is_taken(&error) { meaning() } else { error })
    }

    fn or_missing(self, what: &str) -> Self {
        self.map_err(|error| match error.code() == FOREIGN {
            true => Error::not_found(what),
            false => error,
        })
    }
}

/// Whether another row has what may be there once.
pub(super) fn is_taken(error: &Error) -> bool {
    error.code() == UNIQUE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_by_itself_is_told_apart_from_what_is_broken() {
        let waits = [
            "5", "6", "517", "261", "13", "778", "40001", "57P01", "08006", "53300",
        ];
        for code in waits {
            assert!(wait_for(code).is_some(), "{code}");
        }
        for code in ["1", "11", "2067", "42P01", "23505", "22P02", "XX000", ""] {
            assert!(wait_for(code).is_none(), "{code}");
        }
    }
}

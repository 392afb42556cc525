use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::any::{Any, AnyRow};
use sqlx::{Decode, Row as _, Type};

use crate::domain::{Error, Timestamp};

/// What a row of a table becomes.
pub(super) trait FromRow: Sized {
    fn from_row(row: &AnyRow) -> Result<Self, Error>;
}

/// A row of one number.
impl FromRow for i64 {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        row.try_get(0).map_err(|error| wrong("0", error))
    }
}

/// A row of one text.
impl FromRow for String {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        row.try_get(0).map_err(|error| wrong("0", error))
    }
}

/// A row of two parts, each of which reads its own columns.
impl<A: FromRow, B: FromRow> FromRow for (A, B) {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        Ok((A::from_row(row)?, B::from_row(row)?))
    }
}

/// Reads columns as what they mean.
pub(super) trait Columns {
    fn number(&self, name: &str) -> Result<i64, Error>;
    fn number_or_none(&self, name: &str) -> Result<Option<i64>, Error>;
    fn text(&self, name: &str) -> Result<String, Error>;
    fn text_or_none(&self, name: &str) -> Result<Option<String>, Error>;
    fn bytes(&self, name: &str) -> Result<Vec<u8>, Error>;

    fn flag(&self, name: &str) -> Result<bool, Error> {
        Ok(self.number(name)? != 0)
    }

    fn time(&self, name: &str) -> Result<Timestamp, Error> {
        Ok(Timestamp::from_millis(self.number(name)?))
    }

    fn time_or_none(&self, name: &str) -> Result<Option<Timestamp>, Error> {
        Ok(self.number_or_none(name)?.map(Timestamp::from_millis))
    }

    /// A text that is an id, a branch, a name.
    fn word<T: TryFrom<String, Error = Error>>(&self, name: &str) -> Result<T, Error> {
        T::try_from(self.text(name)?).map_err(|error| wrong(name, error))
    }

    fn word_or_none<T: TryFrom<String, Error = Error>>(
        &self,
        name: &str,
    ) -> Result<Option<T>, Error> {
        let text = self.text_or_none(name)?.map(T::try_from);
        text.transpose().map_err(|error| wrong(name, error))
    }

    /// A text that is one of a few words.
    fn choice<T: std::str::FromStr<Err = Error>>(&self, name: &str) -> Result<T, Error> {
        let text = self.text(name)?;
        text.parse().map_err(|error| wrong(name, error))
    }

    fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, Error> {
        serde_json::from_str(&self.text(name)?).map_err(|error| wrong(name, error))
    }

    fn json_or_none<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Error> {
        let text = self.text_or_none(name)?;
        let value = text.map(|text| serde_json::from_str(&text));
        value.transpose().map_err(|error| wrong(name, error))
    }
}

impl Columns for AnyRow {
    fn number(&self, name: &str) -> Result<i64, Error> {
        read(self, name)
    }

    fn number_or_none(&self, name: &str) -> Result<Option<i64>, Error> {
        read(self, name)
    }

    fn text(&self, name: &str) -> Result<String, Error> {
        read(self, name)
    }

    fn text_or_none(&self, name: &str) -> Result<Option<String>, Error> {
        read(self, name)
    }

    fn bytes(&self, name: &str) -> Result<Vec<u8>, Error> {
        read(self, name)
    }
}

fn read<'r, T: Decode<'r, Any> + Type<Any>>(row: &'r AnyRow, name: &str) -> Result<T, Error> {
    row.try_get(name).map_err(|error| wrong(name, error))
}

/// What is stored isn't what was stored: somebody else has written to the database.
fn wrong(name: &str, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    let message = format!("column {name} of the database holds what it can't hold");
    Error::internal(message).caused_by(error)
}

/// A value as the text that is stored of it.
pub(super) fn json(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value)
        .map_err(|error| Error::internal("a value can't be written as JSON").caused_by(error))
}

/// The same, of a value that may be missing.
pub(super) fn json_or_none(value: Option<&impl Serialize>) -> Result<Option<String>, Error> {
    value.map(json).transpose()
}

/// A text that both databases can hold: PostgreSQL's texts can't have the character NUL, which a
/// command's output can.
pub(super) fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

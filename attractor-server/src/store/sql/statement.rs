use std::borrow::Cow;

use sqlx::any::{Any, AnyArguments};
use sqlx::query::Query;
use sqlx::{Arguments as _, AssertSqlSafe, Encode, Type};
use tokio::time::timeout;

use super::Connection;
use super::error::failed;
use super::limits::STATEMENT;
use super::row::FromRow;
use crate::domain::Error;

/// A statement with its arguments. Its text is ours alone: what others say is always bound.
pub(super) struct Statement {
    text: Cow<'static, str>,
    arguments: AnyArguments,
    failure: Option<Error>,
}

/// A statement; `$1` is what is bound first.
pub(super) fn sql(text: impl Into<Cow<'static, str>>) -> Statement {
    Statement {
        text: text.into(),
        arguments: AnyArguments::default(),
        failure: None,
    }
}

impl Statement {
    /// Binds the next argument.
    pub(super) fn bind<'t, T: Encode<'t, Any> + Type<Any>>(mut self, value: T) -> Self {
        if let Err(error) = self.arguments.add(value) {
            self.failure = Some(failed(sqlx::Error::Encode(error)));
        }
        self
    }

    /// Adds to the text.
    pub(super) fn push(mut self, text: &str) -> Self {
        self.text.to_mut().push_str(text);
        self
    }

    /// Adds an argument's place to the text, and binds the argument.
    pub(super) fn push_bind<'t, T: Encode<'t, Any> + Type<Any>>(self, value: T) -> Self {
        let place = self.arguments.len() + 1;
        self.push(&format!("${place}")).bind(value)
    }

    /// Adds a list of texts, in brackets. It's filled up to one of a few lengths, so that few statements are
    /// prepared; in a list of none there is nothing.
    pub(super) fn push_list(mut self, texts: &[&str]) -> Self {
        let Some(last) = texts.last() else {
            return self.push("(null)");
        };
        let filled = texts.iter().chain(std::iter::repeat(last));
        for (place, text) in filled.take(texts.len().next_power_of_two()).enumerate() {
            self = self
                .push(if place == 0 { "(" } else { ", " })
                .push_bind(*text);
        }
        self.push(")")
    }

    /// All rows.
    pub(super) async fn all<T: FromRow>(self, on: &mut Connection) -> Result<Vec<T>, Error> {
        let query = self.query()?;
        let rows = within(query.fetch_all(on)).await?;
        rows.iter().map(T::from_row).collect()
    }

    /// The first row, if there is one.
    pub(super) async fn optional<T: FromRow>(
        self,
        on: &mut Connection,
    ) -> Result<Option<T>, Error> {
        let query = self.query()?;
        let row = within(query.fetch_optional(on)).await?;
        row.as_ref().map(T::from_row).transpose()
    }

    /// The one row that there is.
    pub(super) async fn one<T: FromRow>(self, on: &mut Connection) -> Result<T, Error> {
        let found = self.optional(on).await?;
        found.ok_or_else(|| Error::internal("a statement that always gives a row gave none"))
    }

    /// How many rows it changed.
    pub(super) async fn execute(self, on: &mut Connection) -> Result<u64, Error> {
        let query = self.query()?;
        Ok(within(query.execute(on)).await?.rows_affected())
    }

    fn query<'q>(self) -> Result<Query<'q, Any, AnyArguments>, Error> {
        #[cfg(all(test, feature = "testing"))]
        note(&self.text);
        match self.failure {
            Some(failure) => Err(failure),
            None => Ok(match self.text {
                Cow::Borrowed(text) => sqlx::query_with(text, self.arguments),
                Cow::Owned(text) => sqlx::query_with(AssertSqlSafe(text), self.arguments),
            }),
        }
    }
}

/// Gives a database that doesn't answer up.
async fn within<T>(answer: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, Error> {
    match timeout(STATEMENT, answer).await {
        Ok(answer) => answer.map_err(failed),
        Err(_) => Err(Error::unavailable("the database doesn't answer: try again")),
    }
}

/// The statements that tests have run, whose plans a test looks at.
#[cfg(all(test, feature = "testing"))]
static SEEN: std::sync::Mutex<std::collections::BTreeSet<String>> =
    std::sync::Mutex::new(std::collections::BTreeSet::new());

#[cfg(all(test, feature = "testing"))]
fn note(text: &str) {
    let mut seen = SEEN
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    seen.insert(text.to_owned());
}

#[cfg(all(test, feature = "testing"))]
pub(super) fn seen() -> std::collections::BTreeSet<String> {
    let seen = SEEN
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    seen.clone()
}

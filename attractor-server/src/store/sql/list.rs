use super::Connection;
use super::row::FromRow;
use super::statement::Statement;
use crate::domain::{Cursor, Error, Page, PageRequest, Timestamp};

/// An item of a list that is read in pages.
pub(super) trait Listed: FromRow {
    /// What the list is ordered by, and what decides between two of the same.
    fn place(&self) -> (Timestamp, &str);
}

/// What a list begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum First {
    Newest,
    Oldest,
}

/// Reads a page: `statement` ends in its conditions, of which there is at least one, and `by` is the
/// column that the items are ordered by before their ids.
pub(super) async fn page<T: Listed>(
    statement: Statement,
    (by, first): (&str, First),
    page: &PageRequest,
    on: &mut Connection,
) -> Result<Page<T>, Error> {
    let statement = place_in(statement, (by, first), page);
    let items = statement.all::<T>(on).await?;
    Ok(Page::of(items, page.limit, |item| {
        let (created_at, id) = item.place();
        let id = id.to_owned();
        Cursor { created_at, id }
    }))
}

/// Adds order, beginning and length.
pub(super) fn place_in(
    statement: Statement,
    (by, first): (&str, First),
    page: &PageRequest,
) -> Statement {
    let (after, direction) = match first {
        First::Newest => ("<", "desc"),
        First::Oldest => (">", "asc"),
    };
    let statement = match &page.after {
        None => statement,
        Some(cursor) => statement
            .push(&format!(" and ({by}, id) {after} ("))
            .push_bind(cursor.created_at.as_millis())
            .push(", ")
            .push_bind(cursor.id.as_str())
            .push(")"),
    };
    statement
        .push(&format!(
            " order by {by} {direction}, id {direction} limit "
        ))
        .push_bind(i64::from(page.limit) + 1)
}

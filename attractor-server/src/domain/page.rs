use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use super::limits::{MAX_PAGE, PAGE};
use super::{Error, Timestamp};

/// A part of a list: how many items at most, and after which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// How many at most.
    pub limit: u32,
    /// After which; from the beginning if none.
    pub after: Option<Cursor>,
}

impl PageRequest {
    /// A page as a client asks for it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](super::ErrorKind::Invalid) if the limit isn't from 1 to 500, or the
    /// cursor isn't one that a page ended with.
    pub fn new(limit: Option<u32>, cursor: Option<&str>) -> Result<Self, Error> {
        let limit = limit.unwrap_or(PAGE);
        if !(1..=MAX_PAGE).contains(&limit) {
            let message = format!("limit must be from 1 to {MAX_PAGE}");
            return Err(Error::invalid("invalid_limit", message));
        }
        let after = cursor.map(Cursor::parse).transpose()?;
        Ok(Self { limit, after })
    }
}

impl Default for PageRequest {
    fn default() -> Self {
        Self {
            limit: PAGE,
            after: None,
        }
    }
}

/// A place in a list that is ordered by creation: behind the item with this moment and id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// When the item was created.
    pub created_at: Timestamp,
    /// Its id.
    pub id: String,
}

impl Cursor {
    /// The place as the text that clients send back.
    pub fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}.{}", self.created_at.as_millis(), self.id))
    }

    /// Reads it back.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](super::ErrorKind::Invalid).
    pub fn parse(text: &str) -> Result<Self, Error> {
        let read = || {
            let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
            let (millis, id) = text.split_once('.')?;
            let created_at = Timestamp::from_millis(millis.parse().ok()?);
            let is_id = id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
            is_id.then(|| Self {
                created_at,
                id: id.to_owned(),
            })
        };
        read().ok_or_else(|| {
            Error::invalid(
                "invalid_cursor",
                "the cursor is none that a page ended with",
            )
        })
    }
}

/// Some items of a list.
#[derive(Clone, Debug, Serialize)]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Makes a page of what was read: one more than asked for, if there are more.
    pub fn of(mut items: Vec<T>, limit: u32, cursor: impl Fn(&T) -> Cursor) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = items.len() > limit;
        items.truncate(limit);
        let last = items.last().filter(|_| has_more);
        Self {
            next: last.map(|last| cursor(last).to_text()),
            items,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_text() {
        let cursor = Cursor {
            created_at: Timestamp::from_millis(-5),
            id: "c1_x".to_owned(),
        };
        assert_eq!(Cursor::parse(&cursor.to_text()).unwrap(), cursor);
        for bad in ["", "x", "....", "MTIz", "\u{e4}"] {
            assert!(Cursor::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_page_knows_whether_there_is_another() {
        let cursor = |n: &i64| Cursor {
            created_at: Timestamp::from_millis(*n),
            id: "x".to_owned(),
        };
        assert_eq!(Page::of(vec![1, 2], 2, cursor).next, None);
        let page = Page::of(vec![1, 2, 3], 2, cursor);
        assert_eq!(page.items, [1, 2]);
        assert_eq!(Cursor::parse(&page.next.unwrap()).unwrap(), cursor(&2));
    }
}

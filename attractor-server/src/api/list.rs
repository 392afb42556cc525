//! Lists: a page, or all of it where the contract has no pages.

use std::future::Future;

use super::extract::PageQuery;
use crate::domain::{Error, Page, PageRequest};

/// Items of a list that is asked for whole; whoever has more asks for pages.
const WHOLE: usize = 10_000;

/// A part of a list that the contract gives whole: all of it, unless a page is asked for.
pub(super) async fn whole<T, F, R>(query: &PageQuery, read: F) -> Result<Page<T>, Error>
where
    F: Fn(PageRequest) -> R,
    R: Future<Output = Result<Page<T>, Error>>,
{
    if query.is_given() {
        return read(query.request()?).await;
    }
    let mut request = PageRequest::new(Some(500), None)?;
    let mut items = Vec::new();
    loop {
        let page = read(request.clone()).await?;
        items.extend(page.items);
        let Some(next) = page.next else {
            return Ok(Page { items, next: None });
        };
        if items.len() >= WHOLE {
            return Ok(Page {
                items,
                next: Some(next),
            });
        }
        request = PageRequest::new(Some(500), Some(&next))?;
    }
}

//! Lists that come in pages.

use serde_json::Value;

use super::limits::{PAGE, PAGES};
use super::route::Route;
use super::{Error, Remote};

impl Remote {
    /// All items of a list, by the key that it's wrapped in.
    pub(super) async fn whole(
        &self,
        (route, values): (Route, &[&str]),
        key: &str,
        query: &[(&str, String)],
        most: usize,
    ) -> Result<Vec<Value>, Error> {
        let mut items = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..PAGES {
            let page = PAGE.min(u32::try_from(most - items.len()).unwrap_or(PAGE));
            let mut request = self
                .request(route, values)
                .query("limit", &page.to_string());
            for (name, value) in query {
                request = request.query(name, value);
            }
            if let Some(cursor) = &cursor {
                request = request.query("cursor", cursor);
            }
            let mut answer: Value = self.ask(request).await?;
            match answer[key].take() {
                Value::Array(part) => items.extend(part),
                _ => return Err(self.malformed(format!("there is no list {key:?}"))),
            }
            cursor = answer["nextCursor"].as_str().map(str::to_owned);
            if cursor.is_none() || items.len() >= most {
                break;
            }
        }
        items.truncate(most);
        Ok(items)
    }
}

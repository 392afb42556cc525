//! What a browser without scripts does: it follows links, sends forms and keeps cookies.

use std::collections::BTreeSet;

use crate::api::harness::TestServer;
use crate::http::client::Reply;

/// Somebody who is signed in.
#[derive(Debug)]
pub(super) struct Browser<'s> {
    server: &'s TestServer,
    cookie: String,
}

impl<'s> Browser<'s> {
    /// Signs in with a token, by the form.
    pub(super) async fn sign_in(server: &'s TestServer, token: &str) -> Self {
        let mut browser = Self {
            server,
            cookie: String::new(),
        };
        let reply = browser.send("/sign-in", &[("token", token)]).await.is(303);
        let cookie = reply.headers["set-cookie"].to_str().unwrap();
        browser.cookie = cookie.split(';').next().unwrap().to_owned();
        browser
    }

    /// An administrator.
    pub(super) async fn admin(server: &'s TestServer) -> Self {
        Self::sign_in(server, &server.admin).await
    }

    pub(super) async fn get(&self, path: &str) -> Reply {
        let headers = [("accept", "text/html"), ("cookie", &self.cookie)];
        self.server.send("GET", path, &headers, "").await
    }

    /// What a page's script asks for again, of which the browser has what this tag is of.
    pub(super) async fn get_unless(&self, path: &str, tag: &str) -> Reply {
        let headers = [("if-none-match", tag), ("cookie", self.cookie.as_str())];
        self.server.send("GET", path, &headers, "").await
    }

    /// Fills in a form and sends it to the address of its page.
    pub(super) async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let page = self.get(path).await;
        self.send_as(path, &csrf(&page.body), fields).await
    }

    /// Sends what a form of another page would send.
    pub(super) async fn send_as(&self, path: &str, csrf: &str, fields: &[(&str, &str)]) -> Reply {
        let origin = format!("http://{}", self.server.host());
        let headers = [
            ("accept", "text/html"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("cookie", self.cookie.as_str()),
            ("origin", origin.as_str()),
        ];
        let mut all = vec![("_csrf", csrf)];
        all.extend_from_slice(fields);
        let pairs: Vec<String> = all
            .iter()
            .map(|(name, value)| format!("{}={}", escaped(name), escaped(value)))
            .collect();
        let body = pairs.join("&");
        self.server.send("POST", path, &headers, &body).await
    }
}

/// The value that shows that a form is one of the session's pages.
pub(super) fn csrf(page: &str) -> String {
    let (_, rest) = page
        .split_once(r#"name="_csrf" value=""#)
        .unwrap_or_default();
    rest.split('"').next().unwrap_or_default().to_owned()
}

/// The addresses on this server that a page leads to.
pub(super) fn links(page: &str) -> BTreeSet<String> {
    let all = page
        .split([' ', '\n', '<'])
        .filter_map(|it| it.strip_prefix("href=\"").or(it.strip_prefix("src=\"")));
    let ends = all.filter_map(|it| it.split('"').next());
    let own = ends.filter(|it| it.starts_with('/'));
    // A `&` is written as `&#38;`; behind another `#` is a place within the page.
    own.map(|it| it.replace("&#38;", "&"))
        .map(|it| it.split('#').next().unwrap().to_owned())
        .collect()
}

/// Where a reply leads to.
pub(super) fn place(reply: &Reply) -> &str {
    reply.headers["location"].to_str().unwrap()
}

fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

//! Who may do what: tokens, sessions in a browser, roles, and what is refused before a handler sees
//! it.
//!
//! [`TABLE`] says for every route what it takes; the [`gate`] asks it before each request, and a route
//! that isn't in it can't be reached. Tokens and cookies are 256 random bits, of which only the SHA-256
//! is kept, so that looking one up says nothing about the others.

mod access;
mod cookie;
mod gate;
mod headers;
mod limits;
mod link;
mod origin;
mod pages;
mod throttle;
mod ticket;

pub(crate) use self::access::{Access, TABLE, rule_of};
pub(crate) use self::cookie::{CSRF_HEADER, cleared, cookie_value, session_cookie, session_value};
pub(crate) use self::gate::{fail, gate, visitor};
pub(crate) use self::headers::secure;
pub(crate) use self::link::{INVALID_LINK, begin_session, create_link, use_link};
pub(crate) use self::origin::{check as check_origin, is_same_site};
pub(crate) use self::pages::PAGES;
pub(crate) use self::throttle::Throttle;
pub(crate) use self::ticket::{Kind, Ticket, hash_of};

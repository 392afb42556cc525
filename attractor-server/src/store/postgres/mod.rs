//! The bus and the queue of several servers that share a PostgreSQL, by its `LISTEN` and `NOTIFY`.
//!
//! [`PostgresLink`] listens; [`PostgresBus`] and [`PostgresQueue`] are what the other parts of the
//! server are given. Whatever is lost while the link is down, is told as
//! [`Notice::Missed`](crate::bus::Notice::Missed) when it's up again.

mod bus;
mod limits;
mod link;
mod queue;

pub use self::bus::PostgresBus;
pub use self::link::PostgresLink;
pub use self::queue::PostgresQueue;

//! Cassettes: exchanges with providers in a file, recorded once and replayed without network.
//!
//! A [`Recorder`] stands between the adapters and the network and writes each exchange to a file; a
//! [`Player`] answers the same requests from that file, in this process or another, with no network
//! and no key. Both are a [`Transport`](crate::provider::http::Transport), so whatever is above the
//! wire runs as it does in production: translation, streaming, retries, middleware, tools. A request
//! that isn't in the file fails at once, for good, and says what differs.
//!
//! ```
//! use std::sync::Arc;
//!
//! use attractor_llm::cassette::{Player, Recorder};
//! use attractor_llm::testing::{Script, ScriptedServer, Turn};
//! use attractor_llm::{AnthropicAdapter, Client, Message, Request};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("hello.json");
//! let hello = Request::new("claude-opus-4-6", vec![Message::user("Hi")]);
//!
//! let server = ScriptedServer::start(Script::new().turn(Turn::text("Hello."))).await?;
//! let recorder = Recorder::create(&path)?;
//! let anthropic = AnthropicAdapter::builder("sk-ant-secret")
//!     .base_url(server.base_url())
//!     .transport(Arc::new(recorder))
//!     .build()?;
//! let recorded = Client::builder().provider(anthropic).build()?.complete(hello.clone()).await?;
//! server.shutdown().await;
//!
//! let player = Player::open(&path)?;
//! let anthropic =
//!     AnthropicAdapter::builder("no key").transport(Arc::new(player.clone())).build()?;
//! let replayed = Client::builder().provider(anthropic).build()?.complete(hello).await?;
//! assert_eq!(replayed.text(), recorded.text());
//! player.finish()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A client of whatever the environment configures is recorded by [`Recorder::client`] and replayed
//! by [`Player::client`].
//!
//! # What is in the file
//!
//! One JSON document: `format`, `version`, `environment` (what a client is to be made of) and
//! `exchanges`, in the order in which the requests were sent. A request has its `method`, `url`, `headers` and body; its `response` has `status`,
//! `headers` and body. A body is `body` where it is JSON, `events` (the text of each event) where it
//! is a stream of them, else `text` or `base64`. `end` says how a response's body ended unless it
//! just did: `"open"` when its reader stopped first, `{"broken": "…"}` when the connection did. In
//! place of a response there is `failure` when there was none, and nothing when nobody waited for it.
//!
//! Keys are never written; [`Redaction`] says what else mustn't be.

mod client;
mod content;
mod difference;
mod exchange;
mod file;
mod player;
mod recorder;
mod redaction;
mod tape;

pub use self::content::Content;
pub use self::exchange::{Cassette, End, Exchange, Outcome, Reply, Sent};
pub use self::player::Player;
pub use self::recorder::Recorder;
pub use self::redaction::Redaction;

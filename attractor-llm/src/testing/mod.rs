//! What tests, demonstrations and third parties use in place of a model.
//!
//! A [`Script`] is a list of [`Turn`]s. [`ScriptedServer`] plays it on a loopback port in the wire
//! format of a real provider, so everything above the socket is tested as it runs in production;
//! [`ScriptedProvider`] plays the same script in process. [`ReplayServer`] plays what was recorded, and
//! damages it on the way. [`conformance`] tells whether an adapter keeps its contract.
//!
//! ```
//! use attractor_llm::testing::{Match, Script, Turn};
//! use serde_json::json;
//!
//! let script = Script::new()
//!     .turn(Turn::tool_call("shell", json!({"command": "ls"})).when(Match::any().tool_results(0)))
//!     .turn(Turn::text("There is one file.").when(Match::any().tool_results(1)));
//! assert_eq!(script.turns.len(), 2);
//! ```

mod answer;
pub mod conformance;
mod conversation;
#[doc(hidden)]
pub mod fuzzing;
mod http;
mod limits;
mod player;
mod provider;
mod replay;
mod script;
mod server;

pub use http::RecordedRequest;
pub use provider::ScriptedProvider;
pub use replay::{Fault, ReplayServer, cassette_from_recording};
pub use script::{Delivery, HttpError, Match, Part, Script, TokenCounts, Turn};
pub use server::ScriptedServer;

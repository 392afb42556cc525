//! What is known about models: limits, abilities, prices, names.
//!
//! The catalog is advice. A model it doesn't know is passed through to the provider, and every
//! look-up answers `None` for it, never an error. The data is in `models.json`, rewritten by
//! `scripts/update-catalog`; a program [`register`]s models of its own and corrects others.
//!
//! ```
//! use attractor_llm::{Usage, catalog};
//!
//! let opus = catalog::model_info("anthropic/opus").ok_or("no such model")?;
//! assert_eq!(opus.provider, "anthropic");
//!
//! let cost = catalog::cost("claude-sonnet-4-5", &Usage::new(1_000, 500)).ok_or("no price")?;
//! assert_eq!(cost.to_string(), "$0.0105");
//! # Ok::<(), &str>(())
//! ```
//!
//! Source: unified-llm-spec 2.9.

mod cost;
mod decimal;
mod lookup;
mod model;
mod own_model;
mod price;

pub use self::cost::Cost;
pub(crate) use self::lookup::model_of;
pub use self::lookup::{cost, latest_model, list_models, model_info, register, register_json};
pub use self::model::{Capability, ModelInfo, PromptCacheSeconds, ThinkingStyle};
pub use self::price::{Price, PriceTier};

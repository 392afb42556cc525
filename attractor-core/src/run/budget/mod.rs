//! What a run may use, and what it has used; pure.

mod limit;
mod limits;
mod reached;
mod spent;

pub use self::limit::Limit;
pub use self::limits::BudgetLimits;
pub use self::reached::LimitReached;
pub use self::spent::Spent;

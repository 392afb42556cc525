//! The web UI without a browser: pages, forms, and what they refuse.

mod access;
mod browser;
mod forms;
mod github;
mod hostile;
mod lists;
mod run;

//! What a server says of itself while it runs: on standard error, a line for each thing.

use std::str::FromStr;

use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::Error;

/// What concerns who runs a server, and of libraries what is wrong.
pub(crate) const USUAL: &str = "warn,attractor_server=info";

/// How lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Human,
    /// For programs: a JSON object a line.
    Json,
}

impl FromStr for Format {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "human" => Ok(Self::Human),
            "json" => Ok(Self::Json),
            _ => Err("it must be human or json"),
        }
    }
}

/// Begins to write what happens in this process: `targets` says what, such as `info` or
/// `warn,attractor_server::dispatch=debug`.
///
/// # Errors
///
/// If this process already writes a log.
pub(crate) fn begin(targets: Targets, format: Format) -> Result<(), Error> {
    let lines = tracing_subscriber::fmt::layer().with_writer(anstream::stderr);
    let lines = match format {
        Format::Human => lines.boxed(),
        Format::Json => lines.json().flatten_event(true).with_ansi(false).boxed(),
    };
    let subscriber = tracing_subscriber::registry().with(lines.with_filter(targets));
    tracing::subscriber::set_global_default(subscriber)
        .map_err(|error| Error::failure("the log can't be written").caused_by(error))
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn the_usual_log_has_what_servers_say_and_what_is_wrong_elsewhere() {
        let targets: Targets = USUAL.parse().unwrap();
        assert!(targets.would_enable("attractor_server::dispatch", &Level::INFO));
        assert!(!targets.would_enable("attractor_server::api", &Level::DEBUG));
        assert!(targets.would_enable("sqlx::query", &Level::WARN));
        assert!(!targets.would_enable("hyper", &Level::INFO));
        assert_eq!("json".parse(), Ok(Format::Json));
        assert!("xml".parse::<Format>().is_err());
    }
}

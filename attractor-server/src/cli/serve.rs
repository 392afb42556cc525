//! `attractor serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use url::Url;

use super::token::PlaceArgs;
use crate::config::Config;
use crate::console::{self, style};
use crate::exit::Exit;
use crate::server::{Running, Setup};
use crate::signals::Signals;
use crate::{Error, env, report};

/// Where a server listens, unless it's said otherwise.
const LISTEN: &str = "127.0.0.1:8080";

/// Serve the control plane on this machine.
///
/// The first start makes the data directory, the key that secrets are sealed with and the
/// administrator's token. Each start prints a link that signs one browser in.
#[derive(Args, Debug)]
pub(super) struct ServeArgs {
    /// Where to listen (default: 127.0.0.1:8080).
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    #[command(flatten)]
    place: PlaceArgs,
    /// The address that users see, if that is another: `https://factory.example`.
    #[arg(long, value_name = "URL")]
    public_url: Option<Url>,
    /// Listen where others can reach the server, without TLS: they can read every token.
    #[arg(long)]
    insecure_bind: bool,
    /// A directory below which local repositories may be; may be given more than once.
    #[arg(long, value_name = "DIR")]
    repository_root: Vec<PathBuf>,
    /// A host of a private network that repositories may be on; may be given more than once.
    #[arg(long, value_name = "HOST")]
    repository_host: Vec<String>,
    /// What the server's GitHub App is called in addresses.
    #[arg(long, value_name = "SLUG")]
    github_app_slug: Option<String>,
    /// Runs that are executed at a time (default: 20).
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    max_runs: Option<u32>,
    /// Runs of one project that are executed at a time, unless the project says (default: 5).
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    max_project_runs: Option<u32>,
}

impl ServeArgs {
    /// What the flags say, else what the environment does, else the defaults.
    fn setup(&self) -> Result<Setup, Error> {
        let listen = match (self.listen, env::server("LISTEN")) {
            (Some(given), _) => given,
            (None, text) => parse("ATTRACTOR_LISTEN", text.as_deref().unwrap_or(LISTEN))?,
        };
        let mut config = Config::new(listen, self.place.directory()?);
        config.public_url = match (&self.public_url, env::server("PUBLIC_URL")) {
            (Some(given), _) => Some(given.clone()),
            (None, Some(text)) => Some(parse("ATTRACTOR_PUBLIC_URL", &text)?),
            (None, None) => None,
        };
        config.insecure_bind = self.insecure_bind;
        config.repository_roots.clone_from(&self.repository_root);
        config.repository_hosts.clone_from(&self.repository_host);
        config.github_app_slug = self
            .github_app_slug
            .clone()
            .or_else(|| env::server("GITHUB_APP_SLUG"));
        config.max_runs = self.max_runs.unwrap_or(config.max_runs);
        config.max_project_runs = self.max_project_runs.unwrap_or(config.max_project_runs);
        config.check()?;
        let database = self.place.database_url.clone();
        let database = database.or_else(|| env::server("DATABASE_URL"));
        Ok(Setup { config, database })
    }
}

fn parse<T: std::str::FromStr>(name: &str, text: &str) -> Result<T, Error>
where
    T::Err: std::fmt::Display,
{
    text.trim()
        .parse()
        .map_err(|error| Error::misuse(format!("{name}={text}: {error}")))
}

pub(super) fn execute(args: ServeArgs) -> Exit {
    report::or_show(
        false,
        args.setup()
            .and_then(|setup| report::block_on(serve(setup))),
    )
}

async fn serve(setup: Setup) -> Result<Exit, Error> {
    let mut signals = Signals::listen();
    let server = setup.start().await?;
    greet(&server);
    let mut exit = Exit::Success;
    let stop = async {
        exit = signals.next().await;
        console::err("stopping: what runs goes on, and is found again at the next start");
    };
    server.run(stop).await?;
    Ok(exit)
}

fn greet(server: &Running) {
    let (bold, dim) = (style::BOLD, style::DIM);
    let version = env!("CARGO_PKG_VERSION");
    console::out(format!(
        "{bold}attractor {version}{bold:#} serves {}",
        server.base_url()
    ));
    console::out(format!("  sign in  {}", server.sign_in_url()));
    console::out(format!("           {dim}good once, for 15 minutes{dim:#}"));
    console::out(format!("  token    {}", server.token_file().display()));
    console::out(format!("  API      {}/api/docs", server.base_url()));
    console::out(format!("{dim}Ctrl-C stops the server{dim:#}"));
}

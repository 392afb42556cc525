//! `attractor serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use tracing_subscriber::filter::Targets;
use url::Url;

use super::place::{PlaceArgs, directory};
use crate::config::Layers;
use crate::console::{self, style};
use crate::exit::Exit;
use crate::server::{Running, Setup};
use crate::signals::Signals;
use crate::{Error, log, report};

/// Where a server listens, unless it's said otherwise.
const LISTEN: &str = "127.0.0.1:8080";

/// Serve the control plane on this machine.
///
/// The first start makes the data directory, the key that secrets are sealed with and the
/// administrator's token. Each start prints a link that signs one browser in. What flags don't say, the
/// environment does (ATTRACTOR_LISTEN, …), and then the file `attractor.toml`; --print-config shows all
/// there is to say.
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
    /// Delete runs, with their events and artifacts, this many days after they have ended (default: never).
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    keep_runs_days: Option<u32>,
    /// Call no model: agent nodes of all runs answer with a line that says so.
    #[arg(long)]
    simulate: bool,
    /// What is written to the log, on standard error: `info`, `attractor_server=debug`, with commas between
    /// (default: warn,attractor_server=info).
    #[arg(long, value_name = "TARGETS")]
    log: Option<String>,
    /// How it is written: human or json.
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
    /// Print what the server would be set up with, and who says it, as a file that says the same; and
    /// don't start it.
    #[arg(long)]
    print_config: bool,
}

impl ServeArgs {
    /// What the flags say, else what the environment does, else the file, else the defaults.
    fn layers(&self) -> Result<Layers, Error> {
        let roots = absolute(&self.repository_root)?;
        let mut layers = self.place.layers(|layers| {
            layers.flag("listen", self.listen.map(|it| it.to_string()));
            layers.flag("public_url", self.public_url.as_ref().map(Url::to_string));
            layers.flag("insecure_bind", self.insecure_bind.then_some(true));
            layers.flags("repository_roots", &roots);
            layers.flags("repository_hosts", &self.repository_host);
            layers.flag("github_app_slug", self.github_app_slug.clone());
            layers.flag("max_runs", self.max_runs.map(i64::from));
            layers.flag("max_project_runs", self.max_project_runs.map(i64::from));
            layers.flag("keep_runs_days", self.keep_runs_days.map(i64::from));
            layers.flag("simulate", self.simulate.then_some(true));
            layers.flag("log", self.log.clone());
            layers.flag("log_format", self.log_format.clone());
        })?;
        layers.usual("listen", LISTEN);
        layers.usual("log", log::USUAL);
        layers.usual("log_format", "human");
        Ok(layers)
    }
}

/// Paths as the file would have them: it isn't read from where the command was typed.
fn absolute(paths: &[PathBuf]) -> Result<Vec<String>, Error> {
    let absolute = |path: &PathBuf| {
        let failed = |error| Error::misuse(format!("{}: {error}", path.display()));
        let path = std::path::absolute(path).map_err(failed)?;
        Ok(path.display().to_string())
    };
    paths.iter().map(absolute).collect()
}

pub(super) fn execute(args: ServeArgs) -> Exit {
    report::or_show(false, carry_out(&args))
}

fn carry_out(args: &ServeArgs) -> Result<Exit, Error> {
    let mut layers = args.layers()?;
    let place = directory(&layers)?;
    let setup = Setup::of(&mut layers, &place)?;
    let targets: Option<Targets> = layers.parsed("log")?;
    let format: Option<log::Format> = layers.parsed("log_format")?;
    if args.print_config {
        console::out(layers.print().trim_end());
        return Ok(Exit::Success);
    }
    log::begin(targets.unwrap_or_default(), format.unwrap_or_default())?;
    report::block_on(serve(setup))
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

//! What the commands that ask a server share: where it is, what things are called, how answers are shown.

pub(super) mod confirm;
pub(super) mod name;
pub(super) mod show;

use std::path::PathBuf;

use clap::Args;

use super::place::{PlaceArgs, directory};
use crate::client::{Remote, Wanted};
use crate::exit::Exit;
use crate::{Error, env, report};

/// Which server, and how its answers are shown.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Server")]
pub(super) struct RemoteArgs {
    /// Where the server is [default: ATTRACTOR_SERVER, else where the one of the data directory listens,
    /// else http://127.0.0.1:8080].
    #[arg(long, value_name = "URL", global = true)]
    server: Option<String>,
    /// The file with the token that signs in [default: ATTRACTOR_TOKEN, else, for the server of the data
    /// directory, `admin-token` there].
    #[arg(long, value_name = "FILE", global = true)]
    token_file: Option<PathBuf>,
    /// The data directory of a server on this machine.
    #[arg(long, value_name = "DIR", global = true)]
    data_dir: Option<PathBuf>,
    /// Send the token over plain HTTP to another machine: who is on the way can read it.
    #[arg(long, global = true)]
    insecure: bool,
    /// Print JSON.
    #[arg(long, global = true)]
    pub(super) json: bool,
}

/// Which project, where a command is about something in one.
#[derive(Args, Clone, Debug)]
pub(super) struct ProjectArg {
    /// The project, by its id or name; not needed where there is only one.
    #[arg(short, long, value_name = "PROJECT", global = true)]
    pub(super) project: Option<String>,
}

impl RemoteArgs {
    fn connect(&self) -> Result<Remote, Error> {
        let named = self.server.clone().map(|text| (text, "--server"));
        let wanted = Wanted {
            server: named
                .or_else(|| Some((env::variable("ATTRACTOR_SERVER")?, "ATTRACTOR_SERVER"))),
            insecure: self.insecure,
            token_file: self.token_file.clone(),
            token: env::server_token(),
        };
        let place = PlaceArgs {
            data_dir: self.data_dir.clone(),
            database_url: None,
            config: None,
        };
        let (server, token) = wanted.find(|| directory(&place.layers(|_| {})?))?;
        Remote::new(server, token)
    }
}

/// Does what a command is for at a server, and says how the process ends.
pub(super) fn carry_out(
    args: &RemoteArgs,
    work: impl AsyncFnOnce(&Remote) -> Result<Exit, Error>,
) -> Exit {
    let done = args
        .connect()
        .and_then(|remote| report::block_on(work(&remote)));
    report::or_show(args.json, done)
}

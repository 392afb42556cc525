//! `attractor fork RUN_DIR NODE`.

use std::path::PathBuf;

use clap::Args;

use super::rewind::{cannot_go_back, moment};
use crate::exit::Exit;
use crate::{Error, compose, console, place, report};

/// Copy a run up to before a node, with its files in git mode; `resume` of the copy goes on there.
#[derive(Args, Debug)]
pub(super) struct ForkArgs {
    /// The run's directory, or the id of a run in the default place.
    run_dir: PathBuf,
    /// The node that comes next in the copy.
    node: String,
    /// Which visit of the node, counted over the whole run [default: the last].
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    visit: Option<u32>,
    /// The copy's run directory [default: ~/.local/state/attractor/runs/ID].
    #[arg(long, value_name = "DIR")]
    logs: Option<PathBuf>,
}

pub(super) fn execute(args: &ForkArgs) -> Exit {
    report::or_show(false, report::block_on(fork(args)))
}

async fn fork(args: &ForkArgs) -> Result<Exit, Error> {
    let run_dir = place::existing_run_dir(&args.run_dir)?;
    let run_id = place::new_run_id();
    let copy = place::new_run_dir(args.logs.as_deref(), &run_id)?;
    let at = (args.node.as_str(), args.visit);
    let forked = compose::checker()
        .fork(&run_dir, &copy, Some(run_id), at)
        .await;
    let forked = forked.map_err(cannot_go_back)?;
    let shown = copy.display();
    console::out(format!("a copy of the run is {}", moment(&forked.point)));
    console::out(format!("  run directory  {shown}"));
    let workdir = forked.workdir.display();
    match &forked.branch {
        Some(branch) => console::out(format!("  files          {workdir}, branch {branch}")),
        None => console::out(format!(
            "  files          not touched: the copy works in {workdir} too, which isn't in git mode"
        )),
    }
    console::out(format!("`attractor resume {shown}` goes on from there"));
    Ok(Exit::Success)
}

//! `attractor rewind RUN_DIR NODE`.

use std::path::PathBuf;

use attractor_core::run::Point;
use clap::Args;

use crate::exit::Exit;
use crate::{Error, compose, console, place, report};

/// Put a run back to before a node, with its files in git mode; `resume` goes on from there.
#[derive(Args, Debug)]
pub(super) struct RewindArgs {
    /// The run's directory, or the id of a run in the default place.
    run_dir: PathBuf,
    /// The node that comes next again.
    node: String,
    /// Which visit of the node, counted over the whole run [default: the last].
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    visit: Option<u32>,
}

pub(super) fn execute(args: &RewindArgs) -> Exit {
    report::or_show(false, report::block_on(rewind(args)))
}

async fn rewind(args: &RewindArgs) -> Result<Exit, Error> {
    let run_dir = place::existing_run_dir(&args.run_dir)?;
    let rewound = compose::checker()
        .rewind(&run_dir, &args.node, args.visit)
        .await;
    let rewound = rewound.map_err(cannot_go_back)?;
    let shown = run_dir.display();
    console::out(format!("the run is back at {}", moment(&rewound.point)));
    let kept = rewound.kept.display();
    console::out(format!(
        "  thrown away  {} events, kept in {kept}",
        rewound.dropped
    ));
    match &rewound.files {
        Some((commit, backup)) => {
            let commit = commit.get(..12).unwrap_or(commit);
            console::out(format!(
                "  files        back at {commit}; what they were is {backup}"
            ));
        }
        None => console::out("  files        not touched: the run isn't in git mode"),
    }
    console::out(format!("`attractor resume {shown}` goes on from there"));
    Ok(Exit::Success)
}

/// `before write, visit 2 of 3`.
pub(super) fn moment(point: &Point) -> String {
    let Point {
        node,
        visit,
        visits,
        ..
    } = point;
    let branch = point.branch.as_ref().map(|branch| format!(" in {branch}"));
    let which = match visits {
        1 => String::new(),
        _ => format!(", visit {visit} of {visits}"),
    };
    format!("before {node}{}{which}", branch.unwrap_or_default())
}

pub(super) fn cannot_go_back(error: attractor_core::Error) -> Error {
    use attractor_core::ErrorKind;
    let hint = match error.kind() {
        ErrorKind::Locked => "wait until that process has ended, or stop it",
        ErrorKind::InvalidInput => "`attractor explain RUN_DIR` shows where the run was",
        ErrorKind::AlreadyExists => "choose another directory with --logs DIR",
        _ => "nothing was changed that a second try can't put right",
    };
    Error::misuse(error.to_string()).hint(hint).caused_by(error)
}

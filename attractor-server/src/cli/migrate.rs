//! `attractor migrate FILE…`.

use attractor_core::Diagnostic;
use attractor_core::transform::migrate;
use clap::Args;

use super::rewrite::{self, RewriteArgs, Rewritten};
use crate::exit::Exit;

/// Write pipelines in the specification's spelling; comments, layout and order stay.
#[derive(Args, Debug)]
pub(super) struct MigrateArgs {
    #[command(flatten)]
    rewrite: RewriteArgs,
    /// Read any Graphviz file: quoted ids, ports, HTML labels, edges to groups.
    #[cfg(feature = "dot-parser")]
    #[arg(long)]
    graphviz: bool,
}

pub(super) fn execute(args: &MigrateArgs) -> Exit {
    #[cfg(feature = "dot-parser")]
    if args.graphviz {
        return rewrite::execute(&args.rewrite, &|source| {
            let imported = crate::graphviz::import(source)?;
            let mut migrated = migrate_text(&imported.text)?;
            migrated.notes = imported.notes;
            Ok(migrated)
        });
    }
    rewrite::execute(&args.rewrite, &migrate_text)
}

fn migrate_text(source: &str) -> Result<Rewritten, Vec<Diagnostic>> {
    let migration = migrate(source)?;
    Ok(Rewritten {
        text: migration.text,
        notes: migration.notes,
    })
}

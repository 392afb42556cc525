//! `attractor fmt FILE…`.

use attractor_core::dot;
use clap::Args;

use super::rewrite::{self, RewriteArgs, Rewritten};
use crate::exit::Exit;

/// Write pipelines in their canonical form; comments and order stay.
#[derive(Args, Debug)]
pub(super) struct FmtArgs {
    #[command(flatten)]
    rewrite: RewriteArgs,
}

pub(super) fn execute(args: &FmtArgs) -> Exit {
    rewrite::execute(&args.rewrite, &|source| {
        let ast = dot::parse(source).map_err(|errors| errors.diagnostics())?;
        Ok(Rewritten {
            text: dot::format(&ast),
            notes: Vec::new(),
        })
    })
}

//! What can't be taken back is asked for twice.

use std::io::{BufRead as _, IsTerminal as _};

use clap::Args;

use crate::{Error, console};

/// Whether something may be done that can't be taken back.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct ConfirmArgs {
    /// Don't ask whether it's meant.
    #[arg(short, long)]
    yes: bool,
}

impl ConfirmArgs {
    /// Asks the person at the terminal, unless they have said so already.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misuse`](crate::ErrorKind::Misuse) if they don't want it, or there is nobody to ask.
    pub(crate) fn check(self, what: &str) -> Result<(), Error> {
        if self.yes {
            return Ok(());
        }
        if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
            return Err(Error::misuse(format!("{what} can't be taken back"))
                .hint("say --yes where nobody can be asked"));
        }
        console::err(format!("{what} can't be taken back. Type yes to do it:"));
        let mut line = String::new();
        let _ = std::io::stdin().lock().read_line(&mut line);
        match line.trim() {
            "yes" | "y" => Ok(()),
            _ => Err(Error::misuse("nothing was done")),
        }
    }
}

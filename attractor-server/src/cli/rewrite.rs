//! What `fmt` and `migrate` share: files in, the same files with another text out.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use attractor_core::Diagnostic;
use clap::Args;
use similar::TextDiff;

use crate::console::style;
use crate::exit::Exit;
use crate::{Error, console, diagnostics, source};

/// How long the search for the shortest difference may take; then a longer one is shown.
const DIFF_TIME: Duration = Duration::from_secs(2);

/// Which files, and what becomes of them.
#[derive(Args, Debug)]
pub(super) struct RewriteArgs {
    /// The pipelines; `-` reads standard input and writes standard output.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Change no file; show what would change, and exit with 1 if anything would.
    #[arg(long, conflicts_with = "stdout")]
    check: bool,
    /// Change no file; write the result to standard output.
    #[arg(long)]
    stdout: bool,
}

/// What becomes of a source.
pub(super) struct Rewritten {
    pub(super) text: String,
    /// What was changed and why, about the source.
    pub(super) notes: Vec<Diagnostic>,
}

/// From a source to another, or to what is wrong with it.
pub(super) type Rewrite<'a> = &'a dyn Fn(&str) -> Result<Rewritten, Vec<Diagnostic>>;

/// Rewrites each file; the worst that happened to one is how the command ends.
pub(super) fn execute(args: &RewriteArgs, rewrite: Rewrite<'_>) -> Exit {
    args.files
        .iter()
        .map(|path| {
            rewrite_one(args, path, rewrite).unwrap_or_else(|error| {
                console::show_error(&error);
                error.exit()
            })
        })
        .max_by_key(|exit| exit.code())
        .unwrap_or(Exit::Success)
}

fn rewrite_one(args: &RewriteArgs, path: &Path, rewrite: Rewrite<'_>) -> Result<Exit, Error> {
    let before = source::read(path)?;
    let after = match rewrite(&before) {
        Ok(after) => after,
        Err(found) => {
            console::err(diagnostics::render(path, &before, &found).trim_end());
            return Ok(Exit::Failure);
        }
    };
    let shown = path.display();
    if !after.notes.is_empty() {
        console::err(diagnostics::render(path, &before, &after.notes).trim_end());
    }
    if args.check {
        if before == after.text {
            return Ok(Exit::Success);
        }
        console::out(difference(&shown.to_string(), &before, &after.text).trim_end());
        return Ok(Exit::Failure);
    }
    if args.stdout || path == Path::new("-") {
        console::out_raw(&after.text);
    } else if before != after.text {
        replace(path, &after.text)?;
        console::out(format!("{}wrote{:#} {shown}", style::GOOD, style::GOOD));
    }
    Ok(Exit::Success)
}

fn difference(path: &str, before: &str, after: &str) -> String {
    let difference = TextDiff::configure()
        .timeout(DIFF_TIME)
        .diff_lines(before, after);
    let mut difference = difference.unified_diff();
    difference
        .header(path, &format!("{path} (as it would be)"))
        .to_string()
}

/// Puts a text where a file is, whole or not at all. A link stays one; the mode is kept.
pub(super) fn replace(path: &Path, text: &str) -> Result<(), Error> {
    replace_file(path, text).map_err(|error| {
        Error::misuse(format!("can't write {}: {error}", path.display()))
            .hint("the file is as it was; may you write to it and to its directory?")
    })
}

fn replace_file(path: &Path, text: &str) -> std::io::Result<()> {
    let path = path.canonicalize()?;
    let folder = path.parent().unwrap_or(Path::new("/"));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file()
        .set_permissions(std::fs::metadata(&path)?.permissions())?;
    file.as_file().sync_all()?;
    file.persist(&path)?;
    Ok(())
}

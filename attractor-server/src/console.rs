//! The only file that writes to standard output and standard error directly.
//!
//! Colours are dropped where the stream isn't a terminal or the user asked for none
//! (`NO_COLOR`). A reader that went away is not an error of ours.

use std::io::Write as _;

use crate::Error;

/// Writes a line to standard output.
pub(crate) fn out(line: impl AsRef<str>) {
    let _ = writeln!(anstream::stdout(), "{}", line.as_ref());
}

/// Writes text as it is to standard output, and says whether anyone still reads it.
pub(crate) fn out_raw(text: &str) -> bool {
    let mut stdout = std::io::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .is_ok()
}

/// Writes a line to standard error.
pub(crate) fn err(line: impl AsRef<str>) {
    let _ = writeln!(anstream::stderr(), "{}", line.as_ref());
}

/// Writes bytes as they are to standard output, and says whether anyone still reads them.
#[cfg(feature = "serve")]
pub(crate) fn out_bytes(bytes: &[u8]) -> bool {
    let mut stdout = std::io::stdout().lock();
    stdout
        .write_all(bytes)
        .and_then(|()| stdout.flush())
        .is_ok()
}

/// Asks the person at the terminal for a line that isn't shown while it's typed.
#[cfg(feature = "serve")]
pub(crate) fn ask_hidden(prompt: &str) -> std::io::Result<String> {
    let terminal = console_term::Term::stderr();
    terminal.write_str(prompt)?;
    terminal.read_secure_line()
}

/// Shows an error, its causes and the way out.
pub(crate) fn show_error(error: &Error) {
    let (red, cyan) = (style::ERROR, style::HINT);
    err(format!("{red}error:{red:#} {error}"));
    let mut shown = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !shown.contains(&text) {
            err(format!("  caused by: {text}"));
            shown = text;
        }
        cause = inner.source();
    }
    if let Some(hint) = error.advice() {
        err(format!("  {cyan}help:{cyan:#} {hint}"));
    }
}

/// The few styles that all output shares.
pub(crate) mod style {
    use anstyle::{AnsiColor, Style};

    /// An error's head.
    pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
    /// What to do about it.
    pub(crate) const HINT: Style = AnsiColor::Cyan.on_default().bold();
    /// Something that went well.
    pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
    /// Something that may need a look.
    pub(crate) const WARN: Style = AnsiColor::Yellow.on_default().bold();
    /// Something of less weight.
    pub(crate) const DIM: Style = Style::new().dimmed();
    /// A heading.
    pub(crate) const BOLD: Style = Style::new().bold();
}

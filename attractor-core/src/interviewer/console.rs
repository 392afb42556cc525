use std::fmt;
use std::io::{self, BufRead, Write};
use std::sync::mpsc;
use std::sync::{Mutex, PoisonError};
use std::thread;

use async_trait::async_trait;
use tokio::sync::mpsc as channel;

use super::{Answer, Interviewer, Question, QuestionKind};
use crate::run::limits::CONSOLE_ATTEMPTS;
use crate::run::split_accelerator;
use crate::{Error, ErrorKind};

/// Asks on a terminal.
///
/// Lines are read by a thread of its own, one at a time and only when a question is open, because
/// a blocked read can't be taken back: a line that was typed for a question which meanwhile timed
/// out is thrown away. The end of input skips the question.
///
/// Source: attractor-spec 6.4.
pub struct ConsoleInterviewer {
    output: Mutex<Box<dyn Write + Send>>,
    /// Asks the reading thread for one more line.
    requests: mpsc::Sender<()>,
    lines: tokio::sync::Mutex<Lines>,
}

/// What the reading thread has sent, and how many lines it still owes.
struct Lines {
    receiver: channel::UnboundedReceiver<Option<String>>,
    owed: u32,
}

impl ConsoleInterviewer {
    /// Asks on standard error and reads standard input.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] if the reading thread can't be started.
    pub fn stdio() -> Result<Self, Error> {
        Self::new(io::BufReader::new(io::stdin()), io::stderr())
    }

    /// Asks and reads elsewhere.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] if the reading thread can't be started.
    pub fn new(
        mut input: impl BufRead + Send + 'static,
        output: impl Write + Send + 'static,
    ) -> Result<Self, Error> {
        let (requests, requested) = mpsc::channel();
        // One line a request and one request at a time: the channel never holds more than one.
        let (sender, receiver) = channel::unbounded_channel();
        let read = move || {
            for () in requested {
                let mut line = String::new();
                let read = input.read_line(&mut line);
                let line = matches!(read, Ok(count) if count > 0).then_some(line);
                if sender.send(line).is_err() {
                    return;
                }
            }
        };
        thread::Builder::new()
            .name("attractor-console".to_owned())
            .spawn(read)
            .map_err(|error| Error::io("start a thread that reads answers", error))?;
        Ok(Self {
            output: Mutex::new(Box::new(output)),
            requests,
            lines: tokio::sync::Mutex::new(Lines { receiver, owed: 0 }),
        })
    }

    fn write(&self, text: &str) -> Result<(), Error> {
        // Half a prompt is the worst that a panic leaves behind.
        let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        let written = output
            .write_all(text.as_bytes())
            .and_then(|()| output.flush());
        written.map_err(|error| Error::io("ask on the terminal", error))
    }

    /// The next line; nothing at the end of input.
    async fn line(&self, lines: &mut Lines) -> Result<Option<String>, Error> {
        let gone = |()| Error::new(ErrorKind::Io, "the thread that reads answers has ended");
        if lines.owed == 0 {
            self.requests.send(()).map_err(|_| gone(()))?;
            lines.owed = 1;
        }
        let line = lines.receiver.recv().await.ok_or_else(|| gone(()))?;
        lines.owed = 0;
        Ok(line)
    }
}

impl fmt::Debug for ConsoleInterviewer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsoleInterviewer").finish_non_exhaustive()
    }
}

#[async_trait]
impl Interviewer for ConsoleInterviewer {
    async fn ask(&self, question: &Question) -> Result<Answer, Error> {
        let mut lines = self.lines.lock().await;
        if lines.owed > 0 && lines.receiver.try_recv().is_ok() {
            // Typed for a question that nobody waits for any more.
            lines.owed = 0;
        }
        self.write(&prompt(question))?;
        for _ in 0..CONSOLE_ATTEMPTS {
            let Some(line) = self.line(&mut lines).await? else {
                self.write("\n")?;
                return Ok(Answer::skipped());
            };
            if let Some(answer) = parse(question, line.trim()) {
                return Ok(answer);
            }
            self.write("That is none of the answers. Again: ")?;
        }
        Ok(Answer::skipped())
    }

    async fn inform(&self, message: &str, stage: &str) -> Result<(), Error> {
        self.write(&format!("[{stage}] {message}\n"))
    }
}

fn prompt(question: &Question) -> String {
    let mut text = format!("[?] {} ({})\n", question.text, question.stage);
    for option in &question.options {
        let (_, label) = split_accelerator(&option.label);
        text.push_str(&format!("  [{}] {label}\n", option.key));
    }
    text.push_str(match question.kind {
        QuestionKind::MultipleChoice => "Select: ",
        QuestionKind::YesNo | QuestionKind::Confirmation => "[Y/N]: ",
        QuestionKind::Freeform => "> ",
    });
    text
}

/// The answer a line is, if it's one.
fn parse(question: &Question, line: &str) -> Option<Answer> {
    match question.kind {
        QuestionKind::MultipleChoice => question.find_option(line).map(Answer::option),
        QuestionKind::YesNo | QuestionKind::Confirmation => match line.to_lowercase().as_str() {
            "y" | "yes" => Some(Answer::yes()),
            "n" | "no" => Some(Answer::no()),
            _ => None,
        },
        QuestionKind::Freeform => Some(Answer::text(line)),
    }
}

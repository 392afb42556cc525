//! Asking the person at the terminal, without tearing the live view.

use std::io::{BufRead as _, Write as _};
use std::sync::Arc;

use async_trait::async_trait;
use attractor_core::{Answer, Error, ErrorKind, Interviewer, Question, QuestionKind};

use crate::console::style;
use crate::progress::Screen;

/// How often an answer that fits no option is asked for again.
const MAX_TRIES: u32 = 5;

/// The longest answer that is read, in bytes.
const MAX_ANSWER_BYTES: u64 = 64 * 1024;

/// Prints questions to standard error and reads answers from standard input.
///
/// End of input is never a yes: the question counts as skipped.
#[derive(Debug)]
pub(crate) struct TerminalInterviewer {
    screen: Option<Arc<Screen>>,
}

impl TerminalInterviewer {
    pub(crate) fn new(screen: Option<Arc<Screen>>) -> TerminalInterviewer {
        TerminalInterviewer { screen }
    }
}

#[async_trait]
impl Interviewer for TerminalInterviewer {
    async fn ask(&self, question: &Question) -> Result<Answer, Error> {
        let (screen, question) = (self.screen.clone(), question.clone());
        let asking = tokio::task::spawn_blocking(move || match screen {
            Some(screen) => screen.suspend(|| ask(&question)),
            None => ask(&question),
        });
        asking
            .await
            .map_err(|error| Error::new(ErrorKind::Terminal, error.to_string()))
    }
}

fn ask(question: &Question) -> Answer {
    let (bold, dim) = (style::BOLD, style::DIM);
    let mut terminal = anstream::stderr();
    let _ = writeln!(
        terminal,
        "{bold}? {}{bold:#} {dim}({}){dim:#}",
        question.text, question.stage
    );
    for option in &question.options {
        let _ = writeln!(terminal, "  [{}] {}", option.key, option.label);
    }
    for _ in 0..MAX_TRIES {
        let _ = write!(terminal, "{} ", prompt(question.kind));
        let _ = terminal.flush();
        let Some(reply) = read_line() else {
            return Answer::skipped();
        };
        if let Some(answer) = understand(question, &reply) {
            return answer;
        }
        let _ = writeln!(terminal, "please answer with one of the options");
    }
    Answer::skipped()
}

fn prompt(kind: QuestionKind) -> &'static str {
    match kind {
        QuestionKind::YesNo | QuestionKind::Confirmation => "[y/n]",
        QuestionKind::MultipleChoice => "select:",
        QuestionKind::Freeform => ">",
    }
}

/// The answer a reply stands for, or nothing if it fits none.
fn understand(question: &Question, reply: &str) -> Option<Answer> {
    let reply = reply.trim();
    match question.kind {
        QuestionKind::YesNo | QuestionKind::Confirmation => match reply.to_lowercase().as_str() {
            "y" | "yes" => Some(Answer::yes()),
            "n" | "no" => Some(Answer::no()),
            _ => None,
        },
        QuestionKind::MultipleChoice => question.find_option(reply).map(Answer::option),
        QuestionKind::Freeform => Some(Answer::text(reply)),
    }
}

/// A line of standard input; nothing at its end or where it can't be read.
fn read_line() -> Option<String> {
    use std::io::Read as _;
    let mut line = String::new();
    let read = std::io::stdin()
        .lock()
        .take(MAX_ANSWER_BYTES)
        .read_line(&mut line)
        .ok()?;
    (read > 0).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_chosen_by_key_or_label_and_nothing_else() {
        let question = Question::new("gate", QuestionKind::MultipleChoice, "Ship it?")
            .with_option("Y", "Yes")
            .with_option("N", "No");
        let chosen = |reply| Some(understand(&question, reply)?.selected_option?.key);
        assert_eq!(chosen("y\n").as_deref(), Some("Y"));
        assert_eq!(chosen("no").as_deref(), Some("N"));
        assert_eq!(chosen(""), None);
        assert_eq!(chosen("maybe"), None);
    }
}

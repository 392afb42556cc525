//! A run as it happens: on a terminal, as lines, or as one JSON event a line.

use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::sync::Arc;

use attractor_core::interviewer::AnswerValue;
use attractor_core::{Answer, Interviewer as _, Question, StageProgress};
use clap::Args;
use futures::FutureExt as _;
use futures::future::{BoxFuture, OptionFuture};
use serde_json::Value;

use super::{Place, event};
use crate::Error;
use crate::ask::TerminalInterviewer;
use crate::cli::remote::{name, show};
use crate::client::{self, Sight, Watch};
use crate::console::{self, style};
use crate::domain::{QuestionId, QuestionStatus, RunEvent, RunId, RunQuestion, RunStatus};
use crate::exit::Exit;
use crate::progress::{self, Reporter, format};
use crate::signals::Signals;

/// Characters of a text in a line.
const COLUMNS: usize = 160;

#[derive(Args, Debug)]
pub(super) struct WatchArgs {
    /// The run.
    run: String,
    #[command(flatten)]
    how: FollowArgs,
}

/// How a run is watched.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct FollowArgs {
    /// Ask the questions of the run on the terminal, and answer them.
    #[arg(long)]
    answer: bool,
}

pub(super) async fn watch(place: &Place<'_>, args: &WatchArgs) -> Result<Exit, Error> {
    let id = name::run(place.remote, &args.run).await?;
    follow(place, id, args.how).await
}

/// Watches a run to its end.
pub(super) async fn follow(place: &Place<'_>, run: RunId, how: FollowArgs) -> Result<Exit, Error> {
    let mut watching = Watching::begin(place, run.clone(), how).await?;
    let mut signals = Signals::listen();
    let mut watch = Watch::new(place.remote, run);
    let ended = loop {
        let asked: OptionFuture<_> = watching.asking.as_mut().map(|(_, asked)| asked).into();
        let seen = tokio::select! {
            exit = signals.next() => {
                watching.reporter.finish();
                watching.notice("the run goes on; `attractor runs cancel` ends it");
                return Ok(exit);
            }
            Some(answer) = asked => watching.answered(answer).await.map(|()| None),
            sight = watch.next() => match sight {
                Ok(Sight::End) => watch.run().await.map(Some),
                Ok(sight) => watching.see(sight).await,
                Err(error) => Err(error),
            },
        };
        match seen {
            Ok(None) => {}
            Ok(Some(run)) => break run,
            Err(error) => {
                watching.reporter.finish();
                return Err(error.into());
            }
        }
    };
    Ok(watching.end(&ended))
}

/// What a person has said to a question.
type Asked = BoxFuture<'static, (RunQuestion, Result<Answer, attractor_core::Error>)>;

/// Somebody who watches a run.
struct Watching<'a> {
    place: &'a Place<'a>,
    run: RunId,
    reporter: Box<dyn Reporter + Send>,
    /// Who is asked, if somebody is.
    person: Option<Arc<TerminalInterviewer>>,
    /// The number of the run's last event when the watch began: what comes after is news.
    known: i64,
    /// The number of the last event that was shown.
    last: i64,
    /// Questions that were shown, or that the person doesn't want to answer.
    shown: BTreeSet<QuestionId>,
    /// The question that the person is being asked.
    asking: Option<(QuestionId, Asked)>,
}

impl<'a> Watching<'a> {
    async fn begin(place: &'a Place<'a>, run: RunId, how: FollowArgs) -> Result<Self, Error> {
        if how.answer && (place.json || !std::io::stdin().is_terminal()) {
            return Err(
                Error::misuse("--answer asks on a terminal, and there is none")
                    .hint("answer with `attractor runs answer`"),
            );
        }
        let found = place.remote.run(&run).await?;
        let (reporter, screen) = progress::reporter(place.json);
        let person = how.answer.then(|| TerminalInterviewer::new(screen));
        let person = person.transpose();
        let person = person.map_err(|error| Error::failure(error.to_string()))?;
        Ok(Self {
            place,
            run,
            reporter,
            person: person.map(Arc::new),
            known: found["lastSeq"].as_i64().unwrap_or_default(),
            last: 0,
            shown: BTreeSet::new(),
            asking: None,
        })
    }

    /// Shows what was seen; the run, if it's paused now.
    async fn see(&mut self, sight: Sight) -> Result<Option<Value>, client::Error> {
        match sight {
            Sight::Stored(event, text) => {
                self.show(&event, &text);
                self.last = event.seq;
                let is_news = event::may_stop_or_ask(&event) && event.seq > self.known;
                if is_news || event.seq == self.known {
                    return self.look().await;
                }
            }
            Sight::Live(_) if self.place.json => {}
            Sight::Live(piece) => self.live(piece),
            Sight::Lost => self.notice("the server is away; looking for it again"),
            Sight::Back => {
                self.notice("the server is back");
                return self.look().await;
            }
            Sight::End => {}
        }
        Ok(None)
    }

    fn notice(&mut self, text: &str) {
        if !self.place.json {
            self.reporter.notice(text);
        }
    }

    fn show(&mut self, event: &RunEvent, text: &Value) {
        if self.place.json {
            show::json(text);
        } else if let Some(entry) = event::entry(event) {
            self.reporter.entry(&entry);
        } else if let Some(line) = event::describe(event) {
            self.reporter.notice(&line);
        }
    }

    /// Looks whether the run is paused, and what it asks. If the server has just gone away, that is
    /// looked at when it's back.
    async fn look(&mut self) -> Result<Option<Value>, client::Error> {
        match self.look_once().await {
            Err(error) if error.is_passing() => Ok(None),
            looked => looked,
        }
    }

    async fn look_once(&mut self) -> Result<Option<Value>, client::Error> {
        let run = self.place.remote.run(&self.run).await?;
        let is_all = run["lastSeq"]
            .as_i64()
            .is_some_and(|last| last <= self.last);
        if is_all && run["status"] == RunStatus::Paused.as_str() {
            return Ok(Some(run));
        }
        if !self.place.json {
            self.look_at_questions().await?;
        }
        Ok(None)
    }

    fn live(&mut self, piece: Value) {
        let piece = show::clean(piece);
        let (node, text) = (piece["nodeId"].as_str(), piece["text"].as_str());
        let branch = piece["branch"].as_str().and_then(|it| it.parse().ok());
        if let (Some(node), Some(text), Some("text")) = (node, text, piece["kind"].as_str()) {
            let progress = StageProgress::TextDelta {
                text: text.to_owned(),
            };
            self.reporter.live(branch.as_ref(), node, &progress);
        }
    }

    /// Shows the questions that wait, and asks the first if somebody is there to answer.
    async fn look_at_questions(&mut self) -> Result<(), client::Error> {
        let mut waiting = self.place.remote.questions(Some(&self.run)).await?;
        waiting.retain(|question| question.status == QuestionStatus::Pending);
        if let Some((asked, _)) = &self.asking {
            if waiting.iter().any(|question| question.id == *asked) {
                return Ok(());
            }
            self.asking = None;
            self.notice("somebody else has answered, or its time is up");
        }
        let Some(person) = self.person.clone() else {
            for question in waiting.iter().filter(|it| self.shown.insert(it.id.clone())) {
                let line = event::how_to_answer(question);
                self.reporter.notice(&line);
            }
            return Ok(());
        };
        let first = waiting
            .into_iter()
            .find(|it| self.shown.insert(it.id.clone()));
        self.asking = first.map(|question| (question.id.clone(), ask(person, question).boxed()));
        Ok(())
    }

    /// Sends what the person has said.
    async fn answered(
        &mut self,
        (question, answer): (RunQuestion, Result<Answer, attractor_core::Error>),
    ) -> Result<(), client::Error> {
        self.asking = None;
        let value = answer.as_ref().map(|answer| &answer.value);
        let choice = match value {
            Ok(AnswerValue::Yes) => "yes",
            Ok(AnswerValue::No) => "no",
            Ok(AnswerValue::Choice(text) | AnswerValue::Text(text)) if !text.is_empty() => text,
            // There is nobody to ask any more; they can answer from elsewhere.
            _ => {
                let line = event::how_to_answer(&question);
                self.notice(&line);
                return Ok(());
            }
        };
        let sent = self
            .place
            .remote
            .answer(&self.run, &question.id, (choice, None));
        if let Err(error) = sent.await {
            self.notice(&error.to_string());
            // If it still waits, it's asked again.
            self.shown.remove(&question.id);
        }
        self.look().await.map(|_| ())
    }

    /// Says how it went.
    fn end(&mut self, run: &Value) -> Exit {
        self.asking = None;
        self.reporter.finish();
        let status: Option<RunStatus> = run["status"].as_str().and_then(|text| text.parse().ok());
        if !self.place.json {
            show_end(run, status);
        }
        match status {
            Some(RunStatus::Succeeded) => Exit::Success,
            Some(RunStatus::Paused) => Exit::Paused,
            _ => Exit::Failure,
        }
    }
}

/// Asks a question, without what a terminal would act on.
async fn ask(
    person: Arc<TerminalInterviewer>,
    question: RunQuestion,
) -> (RunQuestion, Result<Answer, attractor_core::Error>) {
    let form = serde_json::from_value::<Question>(show::clean(question.question.clone()));
    let answer = match form {
        Ok(form) => person.ask(&form).await,
        Err(_) => Ok(Answer::new(AnswerValue::Skipped)),
    };
    (question, answer)
}

fn show_end(run: &Value, status: Option<RunStatus>) {
    let head = match status {
        Some(RunStatus::Succeeded) => style::GOOD,
        Some(RunStatus::Paused) => style::WARN,
        _ => style::ERROR,
    };
    let (id, status) = (show::cell(run, "id"), show::cell(run, "status"));
    let cost = show::cost(&run["costMicroUsd"]);
    let link = match run["prUrl"].as_str() {
        Some(link) => format!("  {}", show::harmless(link)),
        None => String::new(),
    };
    console::out(format!("{head}{status}{head:#}  {id}  {cost}{link}"));
    if let Some(error) = run["error"].as_str() {
        console::err(format::failure(error, COLUMNS));
    }
    if status == RunStatus::Paused.as_str() {
        console::err(format!("`attractor runs resume {id}` lets it go on"));
    }
}

//! An interviewer of one's own: a deputy who answers what the rules of the house allow, and passes
//! everything else on to a person.
//!
//! Here the person's answers are prepared. A program would ask in a chat, by mail or on a page: see
//! `CallbackInterviewer` for the shortest way to one's own code.

#![expect(clippy::print_stdout, reason = "an example prints what it shows")]

use std::sync::Arc;

use attractor_core::{
    Answer, Engine, Error, Interviewer, Question, QueueInterviewer, RecordingInterviewer,
    RunOptions, async_trait,
};

const PIPELINE: &str = r#"digraph release {
    start [shape=Mdiamond]; exit [shape=Msquare]
    draft   [shape=hexagon, label="Publish the draft?"]
    release [shape=hexagon, label="Publish the release?"]
    start -> draft
    draft -> release [label="[Y] Yes"]
    draft -> exit    [label="[N] No"]
    release -> exit  [label="[Y] Yes"]
    release -> draft [label="[N] No, once more"]
}"#;

/// Says yes at the gates it may decide.
#[derive(Debug)]
struct Deputy {
    may_decide: Vec<String>,
    person: Arc<dyn Interviewer>,
}

#[async_trait]
impl Interviewer for Deputy {
    async fn ask(&self, question: &Question) -> Result<Answer, Error> {
        let yes = question.find_option("Y");
        match yes.filter(|_| self.may_decide.contains(&question.stage)) {
            Some(yes) => Ok(Answer::option(yes)),
            // Dropping this future takes the question back: nothing else is needed for the
            // question's time limit, or for a run that is cancelled.
            None => self.person.ask(question).await,
        }
    }

    async fn inform(&self, message: &str, stage: &str) -> Result<(), Error> {
        self.person.inform(message, stage).await
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The queue skips what is beyond its answers, and silence is never a yes.
    let person = QueueInterviewer::new([Answer::choice("N"), Answer::choice("Y")]);
    let person = Arc::new(RecordingInterviewer::new(Arc::new(person)));
    let deputy = Deputy {
        may_decide: vec!["draft".to_owned()],
        person: Arc::clone(&person) as _,
    };
    let engine = Engine::builder().interviewer(Arc::new(deputy)).build();
    let pipeline = engine.prepare(PIPELINE)?;
    let run = engine.start(&pipeline, RunOptions::in_memory()).await?;
    let report = run.execute().await?;
    for recorded in person.recordings() {
        println!("{} {}", recorded.question.text, recorded.answer.summary());
    }
    let ways: Vec<_> = report
        .completed_nodes
        .iter()
        .map(ToString::to_string)
        .collect();
    println!("{:?}: {}", report.status, ways.join(" -> "));
    Ok(())
}

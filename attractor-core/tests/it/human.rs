//! Human gates, and those who answer.

use std::io::{Cursor, Write};
use std::sync::{Arc, Mutex};

use attractor_core::testing::{event_log, interviewer_suite};
use attractor_core::{
    Answer, AutoApproveInterviewer, CallbackInterviewer, ConsoleInterviewer, Engine, Interviewer,
    MemoryJournal, Question, QuestionKind, QueueInterviewer, RecordingInterviewer, RunOptions,
    RunReport, RunStatus,
};

use crate::support::pipeline;

const GATE: &str = r#"
    gate [shape=hexagon, label="Ship it?"ATTRIBUTES]
    ship [prompt=Ship]
    fix [prompt=Fix]
    start -> gate
    gate -> ship [label="[A] Approve"]
    gate -> fix [label="[F] Fix"]
    ship -> exit
    fix -> exit"#;

async fn run(interviewer: Arc<dyn Interviewer>, statements: &str) -> (RunReport, String) {
    let engine = Engine::builder().interviewer(interviewer).build();
    let pipeline = pipeline(&engine, statements);
    let journal = Arc::new(MemoryJournal::new());
    let options = RunOptions::with_journal(Arc::clone(&journal) as _)
        .run_id("run")
        .seed(7);
    let report = engine
        .start(&pipeline, options)
        .await
        .unwrap()
        .execute()
        .await
        .unwrap();
    (report, event_log(&journal.entries()))
}

async fn gate(attributes: &str, answer: Answer) -> (RunReport, String) {
    let statements = GATE.replace("ATTRIBUTES", attributes);
    run(Arc::new(QueueInterviewer::new([answer])), &statements).await
}

fn went_to(report: &RunReport) -> &str {
    report.completed_nodes[2].as_str()
}

#[tokio::test]
async fn an_answer_chooses_its_edge_by_key_label_or_target() {
    for name in ["F", "f", "[F] Fix", "Fix", "fix"] {
        let (report, log) = gate("", Answer::choice(name)).await;
        assert_eq!(went_to(&report), "fix", "{name}");
        assert!(
            log.contains(r#"label="[F] Fix" rule=human_choice to=fix"#),
            "{log}"
        );
        assert_eq!(report.context.get_string("human.gate.selected"), "F");
        assert_eq!(report.context.get_string("human.gate.label"), "[F] Fix");
        assert_eq!(report.context.get_string("preferred_label"), "[F] Fix");
    }
}

#[tokio::test]
async fn silence_is_never_a_yes() {
    let (report, _) = gate("", Answer::skipped()).await;
    assert_eq!(report.status, RunStatus::Fail);
    assert!(report.reason.unwrap().contains("human skipped interaction"));
    let (report, _) = gate("", Answer::text("who knows")).await;
    assert_eq!(report.status, RunStatus::Fail);
    assert!(report.reason.unwrap().contains("none of the options"));
}

#[tokio::test(start_paused = true)]
async fn when_time_is_up_the_default_is_taken() {
    for default in ["fix", "F", "[F] Fix"] {
        let attributes = format!(", timeout=5m, human.default_choice=\"{default}\"");
        let nobody = CallbackInterviewer::new(|_| std::future::pending());
        let statements = GATE.replace("ATTRIBUTES", &attributes);
        let (report, log) = run(Arc::new(nobody), &statements).await;
        assert_eq!(went_to(&report), "fix", "{default}");
        assert!(log.contains("interview_timeout"), "{log}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_default_the_gate_asks_again_and_then_fails() {
    let nobody = CallbackInterviewer::new(|_| std::future::pending());
    let statements = GATE.replace("ATTRIBUTES", ", timeout=1m, max_retries=1");
    let (report, log) = run(Arc::new(nobody), &statements).await;
    assert_eq!(log.matches("interview_started").count(), 2);
    assert!(
        report
            .reason
            .unwrap()
            .contains("max retries exceeded: human gate timeout")
    );
}

#[tokio::test]
async fn two_edges_to_one_target_and_a_conditional_edge_are_told_apart() {
    let statements = r#"
        gate [shape=hexagon]
        next [prompt=N]
        start -> gate
        gate -> next [label="Quick"]
        gate -> next [label="Thorough", condition="preferred_label=Thorough"]
        gate -> next [label="Other", condition="outcome=success"]
        next -> exit"#;
    let answer = Answer::choice("Thorough");
    let (report, log) = run(Arc::new(QueueInterviewer::new([answer])), statements).await;
    assert_eq!(report.status, RunStatus::Success);
    assert!(log.contains("label=Thorough rule=human_choice"), "{log}");
}

#[tokio::test]
async fn a_pipeline_with_a_gate_needs_an_interviewer() {
    let engine = Engine::builder().build();
    let source = crate::support::digraph(&GATE.replace("ATTRIBUTES", ""));
    let error = engine.prepare(&source).unwrap_err();
    let found = error.errors().next().unwrap();
    assert_eq!(found.rule, "handler_registered");
    assert_eq!(
        found.message,
        "node `gate` needs a handler of type `wait.human`"
    );
}

/// A place to write that can be read afterwards.
#[derive(Clone, Default)]
struct Screen(Arc<Mutex<Vec<u8>>>);

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn console(input: &'static str) -> (ConsoleInterviewer, Screen) {
    let screen = Screen::default();
    (
        ConsoleInterviewer::new(Cursor::new(input), screen.clone()).unwrap(),
        screen,
    )
}

#[tokio::test]
async fn a_console_shows_the_options_and_asks_again_until_one_is_named() {
    let (console, screen) = console("what?\nf\n");
    let question = Question::new("gate", QuestionKind::MultipleChoice, "Ship it?")
        .with_option("A", "[A] Approve")
        .with_option("F", "[F] Fix");
    let answer = console.ask(&question).await.unwrap();
    assert_eq!(answer, Answer::option(&question.options[1]));
    let shown = String::from_utf8(screen.0.lock().unwrap().clone()).unwrap();
    assert!(
        shown.starts_with("[?] Ship it? (gate)\n  [A] Approve\n  [F] Fix\nSelect: "),
        "{shown}"
    );
}

#[tokio::test]
async fn the_end_of_a_consoles_input_skips_the_question() {
    let (console, _) = console("");
    let question = Question::new("gate", QuestionKind::Confirmation, "Delete everything?");
    assert_eq!(console.ask(&question).await.unwrap(), Answer::skipped());
}

#[tokio::test]
async fn every_interviewer_passes_the_suite() {
    let callback = CallbackInterviewer::new(|question| async move {
        Ok(question
            .options
            .first()
            .map_or_else(Answer::skipped, Answer::option))
    });
    let recording = RecordingInterviewer::new(Arc::new(AutoApproveInterviewer::new()));
    let recording = Arc::new(recording);
    interviewer_suite(Arc::new(AutoApproveInterviewer::new())).await;
    interviewer_suite(Arc::new(QueueInterviewer::new([
        Answer::yes(),
        Answer::no(),
    ])))
    .await;
    interviewer_suite(Arc::new(callback)).await;
    interviewer_suite(Arc::clone(&recording) as _).await;
    interviewer_suite(Arc::new(console("y\nn\na\ntext\ny\nf\ny\ny\n").0)).await;
    assert!(recording.recordings().len() >= 7);
}

//! Answers that were recorded, and given again.

use std::sync::Arc;

use attractor_core::{
    Answer, CallbackInterviewer, Engine, Interviewer, QueueInterviewer, RecordingInterviewer,
    ReplayInterviewer, RunOptions, RunReport, RunStatus,
};

use crate::support::pipeline;

/// A pipeline with a gate and a loop back to it.
const GATE: &str = "gate [shape=hexagon, label=\"Ship?\"]\n fix [prompt=F]\n start -> gate\n \
    gate -> exit [label=\"[S] Ship\"]\n gate -> fix [label=\"[F] Fix\"]\n fix -> gate";

async fn answered(interviewer: Arc<dyn Interviewer>, statements: &str) -> RunReport {
    let engine = Engine::builder().interviewer(interviewer).build();
    let pipeline = pipeline(&engine, statements);
    let run = engine.start(&pipeline, RunOptions::in_memory()).await;
    run.unwrap().execute().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_recording_is_replayed_to_the_same_end() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("answers.jsonl");
    let queue = QueueInterviewer::new([Answer::choice("F"), Answer::choice("S")]);
    let recording = RecordingInterviewer::new(Arc::new(queue));
    let recording = Arc::new(recording.with_file(&file).unwrap());
    let report = answered(Arc::clone(&recording) as _, GATE).await;
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(text.lines().count(), 2);
    for replay in [
        ReplayInterviewer::parse(&text).unwrap(),
        ReplayInterviewer::new(recording.recordings()),
        ReplayInterviewer::parse(
            "{\"stage\": \"gate\", \"answer\": \"fix\"}\n{\"stage\": \"gate\", \"answer\": \"[S] Ship\"}",
        )
        .unwrap(),
    ] {
        let again = answered(Arc::new(replay), GATE).await;
        assert_eq!(again.status, RunStatus::Success, "{:?}", again.reason);
        assert_eq!(again.completed_nodes, report.completed_nodes);
    }
}

#[tokio::test(start_paused = true)]
async fn a_question_that_does_not_fit_the_recording_is_a_clear_error() {
    let other = GATE.replace("[S] Ship", "[S] Sail");
    for (text, statements, said) in [
        (
            "",
            GATE,
            "gate asks \"Ship?\", and no recorded answer is left",
        ),
        (
            "{\"stage\": \"door\", \"answer\": \"F\"}",
            GATE,
            "the recorded answers left are for door",
        ),
        (
            "{\"stage\": \"gate\", \"answer\": \"Burn\"}",
            GATE,
            "doesn't fit: \"Burn\" is none of its answers",
        ),
        (
            "{\"question\":{\"text\":\"Ship?\",\"kind\":\"multiple_choice\",\"options\":[{\"key\":\"S\",\"label\":\"[S] Ship\"}],\"stage\":\"gate\"},\"answer\":{\"value\":{\"choice\":\"S\"}}}",
            other.as_str(),
            "its options were [\"[S] Ship\"] when it was recorded",
        ),
    ] {
        let report = answered(
            Arc::new(ReplayInterviewer::parse(text).unwrap()),
            statements,
        )
        .await;
        assert_eq!(report.status, RunStatus::Fail);
        let reason = report.reason.unwrap();
        assert!(reason.contains(said), "{reason}");
    }
    let error = ReplayInterviewer::parse("{\"stage\": 3}").unwrap_err();
    assert_eq!(error.to_string(), "answer 1 can't be read");
}

#[tokio::test(start_paused = true)]
async fn a_question_whose_time_ran_out_is_recorded_as_that() {
    let silent = CallbackInterviewer::new(|_| std::future::pending());
    let recording = Arc::new(RecordingInterviewer::new(Arc::new(silent)));
    let statements = GATE.replace(
        "shape=hexagon",
        "shape=hexagon, timeout=1m, human.default_choice=S",
    );
    let report = answered(Arc::clone(&recording) as _, &statements).await;
    assert_eq!(report.status, RunStatus::Success);
    let recordings = recording.recordings();
    assert_eq!(recordings[0].answer, Answer::timeout());
    let again = answered(Arc::new(ReplayInterviewer::new(recordings)), &statements).await;
    assert_eq!(again.status, RunStatus::Success);
}

#![expect(clippy::unwrap_used, reason = "a suite fails by panicking")]

use std::sync::Arc;

use futures::FutureExt as _;

use crate::interviewer::{AnswerValue, Interviewer, Question, QuestionKind};

/// What every interviewer must satisfy. It must answer each question within the test's patience,
/// in any way it likes.
///
/// # Panics
///
/// If the interviewer doesn't satisfy it.
pub async fn interviewer_suite(interviewer: Arc<dyn Interviewer>) {
    answers_fit_their_questions(&interviewer).await;
    answers_several_in_order(&interviewer).await;
    let question = question(QuestionKind::YesNo);
    // Polled once, then dropped: the next question is still answered.
    let _ = interviewer.ask(&question).now_or_never();
    assert!(
        interviewer.ask(&question).await.is_ok(),
        "a dropped question leaves nothing behind"
    );
    interviewer
        .inform("the suite is done", "suite")
        .await
        .unwrap();
}

fn question(kind: QuestionKind) -> Question {
    let question = Question::new("suite", kind, "Go on?");
    if kind == QuestionKind::MultipleChoice {
        return question
            .with_option("A", "[A] Approve")
            .with_option("F", "[F] Fix");
    }
    question
}

async fn answers_fit_their_questions(interviewer: &Arc<dyn Interviewer>) {
    use AnswerValue::{Choice, No, Skipped, Text, Timeout, Yes};
    for kind in [QuestionKind::YesNo, QuestionKind::Confirmation] {
        let answer = interviewer.ask(&question(kind)).await.unwrap();
        assert!(
            matches!(answer.value, Yes | No | Skipped | Timeout),
            "{answer:?} to {kind:?}"
        );
    }
    let choice = question(QuestionKind::MultipleChoice);
    let answer = interviewer.ask(&choice).await.unwrap();
    match &answer.value {
        Choice(key) => assert!(choice.find_option(key).is_some(), "{key} is no option"),
        other => assert!(matches!(other, Skipped | Timeout), "{answer:?} to a choice"),
    }
    let answer = interviewer
        .ask(&question(QuestionKind::Freeform))
        .await
        .unwrap();
    assert!(
        matches!(answer.value, Text(_) | Skipped | Timeout),
        "{answer:?} to free text"
    );
}

async fn answers_several_in_order(interviewer: &Arc<dyn Interviewer>) {
    let questions = [
        question(QuestionKind::YesNo),
        question(QuestionKind::MultipleChoice),
    ];
    let answers = interviewer.ask_multiple(&questions).await.unwrap();
    assert_eq!(
        answers.len(),
        questions.len(),
        "each question has an answer"
    );
}

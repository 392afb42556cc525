use serde_json::json;

use super::Open;
use super::world::{World, at, change, event, fenced};
use crate::domain::{
    ErrorKind, NewQuestion, QuestionId, QuestionStatus, RunId, Transition, event_type,
};
use crate::store::Fence;

pub(super) async fn suite(open: Open) {
    let world = World::new(open().await, "questions").await;
    a_question_is_asked_and_answered_once(&world).await;
    nobody_answers_in_time(&world).await;
    a_run_that_is_over_asks_nobody(&world).await;
}

fn question(key: &str) -> NewQuestion {
    NewQuestion {
        key: key.to_owned(),
        node_id: "gate".to_owned(),
        prompt: "Go on?\0".to_owned(),
        question: json!({ "kind": "yesNo" }),
        options: None,
        expires_at: Some(at(100)),
    }
}

async fn a_question_is_asked_and_answered_once(world: &World) {
    let run = world.running(1).await.run.id;
    let store = &world.store;
    let ask = async |key| {
        let event = event(event_type::QUESTION_PENDING, 2);
        store
            .ask(&run, Fence(1), question(key), event)
            .await
            .unwrap()
    };
    let asked = ask("gate:1").await;
    assert_eq!(
        (asked.status, asked.created_at),
        (QuestionStatus::Pending, at(2))
    );
    assert_eq!(ask("gate:1").await, asked, "the same question");
    let other = ask("gate:2").await;
    assert_eq!(
        store.questions(&run).await.unwrap(),
        [asked.clone(), other.clone()]
    );
    let waiting = store
        .pending_questions(Some(&world.project.id), 1)
        .await
        .unwrap();
    assert_eq!(waiting, std::slice::from_ref(&asked));
    assert_eq!(store.pending_questions(None, 10).await.unwrap().len(), 2);
    let answer = async |id: &QuestionId| {
        let event = event(event_type::QUESTION_ANSWERED, 3);
        store
            .answer(&run, id, json!({ "text": "yes" }), "ann", event)
            .await
    };
    let answered = answer(&asked.id).await.unwrap();
    assert_eq!(answered.status, QuestionStatus::Answered);
    assert_eq!(answered.answer, Some(json!({ "text": "yes" })));
    assert_eq!(
        (answered.answered_by.as_deref(), answered.answered_at),
        (Some("ann"), Some(at(3)))
    );
    assert_eq!(store.question(&run, &asked.id).await.unwrap(), answered);
    let refused = answer(&asked.id).await.unwrap_err();
    assert_eq!(
        (refused.kind(), refused.code()),
        (ErrorKind::Conflict, "not_pending")
    );
    assert_eq!(
        answer(&QuestionId::new()).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
    let kinds: Vec<_> = store.events(&run, 2, 10).await.unwrap();
    let kinds: Vec<_> = kinds.iter().map(|it| it.kind.as_str()).collect();
    assert_eq!(
        kinds,
        [
            "HumanQuestionPending",
            "HumanQuestionPending",
            "HumanQuestionAnswered"
        ]
    );
    store
        .change_run(&run, fenced(Transition::Succeed, 1, 4))
        .await
        .unwrap();
    assert_eq!(
        store.question(&run, &other.id).await.unwrap().status,
        QuestionStatus::Timeout
    );
}

async fn nobody_answers_in_time(world: &World) {
    let run = world.running(1).await.run.id;
    let store = &world.store;
    let pending = event(event_type::QUESTION_PENDING, 2);
    let asked = store
        .ask(&run, Fence(1), question("gate"), pending)
        .await
        .unwrap();
    let hidden = store.question(&RunId::new(), &asked.id).await.unwrap_err();
    assert_eq!(hidden.kind(), ErrorKind::NotFound);
    let expire = async |seconds| {
        let event = event(event_type::QUESTION_TIMED_OUT, seconds);
        store
            .expire_question(&run, &asked.id, at(seconds), event)
            .await
            .unwrap()
    };
    assert!(!expire(99).await, "its time isn't up");
    assert!(expire(100).await);
    assert!(!expire(101).await, "it's closed already");
    assert_eq!(
        store.question(&run, &asked.id).await.unwrap().status,
        QuestionStatus::Timeout
    );
    assert_eq!(
        store.events(&run, 2, 10).await.unwrap().len(),
        2,
        "told once"
    );
    store
        .change_run(&run, change(Transition::Cancel, 102))
        .await
        .unwrap();
}

async fn a_run_that_is_over_asks_nobody(world: &World) {
    let run = world.running(1).await.run.id;
    let store = &world.store;
    let pending = event(event_type::QUESTION_PENDING, 2);
    let asked = store
        .ask(&run, Fence(1), question("gate"), pending)
        .await
        .unwrap();
    store
        .change_run(&run, fenced(Transition::Fail, 1, 3))
        .await
        .unwrap();
    assert_eq!(store.pending_questions(None, 10).await.unwrap(), []);
    let late = store
        .ask(&run, Fence(1), question("late"), event("X", 4))
        .await
        .unwrap_err();
    assert_eq!(late.code(), "stale_attempt");
    store
        .change_run(&run, change(Transition::Resume, 5))
        .await
        .unwrap();
    assert_eq!(
        store.pending_questions(None, 10).await.unwrap(),
        [asked],
        "it asks again"
    );
    store
        .change_run(&run, change(Transition::Cancel, 6))
        .await
        .unwrap();
    assert_eq!(store.pending_questions(None, 10).await.unwrap(), []);
}

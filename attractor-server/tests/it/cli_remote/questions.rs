use super::desk::{Desk, GATE, stable};

#[tokio::test]
async fn a_question_is_listed_and_answered() {
    let desk = Desk::start().await;
    let run = desk.begin("gate", GATE);
    let mut watched = desk.follows(&["runs", "watch", &run, "--json"]);
    watched.until("HumanQuestionPending");
    let listed = desk.prints(&["runs", "questions"]);
    insta::assert_snapshot!(stable(&desk, &listed), @r#"
    [id]  [id]  gate  PENDING  A,F      Ship it?
    "#);
    desk.types(&["runs", "answer", &run, "Z"])
        .exits(2)
        .says(&["the options are"]);
    desk.types(&["runs", "answer", &run, "elsewhere", "A"])
        .exits(2)
        .says(&["no question \"elsewhere\" waits", "(gate)"]);
    desk.types(&["runs", "answer", &run]).exits(2);
    assert_eq!(
        desk.prints(&["runs", "answer", &run, "F"]),
        "answered gate\n"
    );
    watched.until("HumanQuestionPending");
    let answered = desk.json(&["runs", "answer", &run, "gate", "a", "--text", "good"]);
    assert_eq!(answered["question"]["status"], "ANSWERED");
    assert_eq!(watched.rest().1, Some(0));
    desk.types(&["runs", "answer", &run, "A"])
        .exits(2)
        .says(&["asks nothing now"]);
    let asked = desk.json(&["runs", "questions", &run]);
    assert_eq!(asked["questions"].as_array().unwrap().len(), 2);
}

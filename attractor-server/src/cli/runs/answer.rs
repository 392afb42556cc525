use clap::Args;
use serde_json::{Value, json};

use super::Place;
use crate::cli::remote::{name, show};
use crate::client::PREFIX;
use crate::domain::{QuestionStatus, RunId, RunQuestion};
use crate::{Error, console};

/// What stands for the choices of a question that has none.
pub(super) const TEXT: &str = "--text";

#[derive(Args, Debug)]
pub(super) struct AnswerArgs {
    /// The run.
    run: String,
    /// The question, by its id or its node, if several wait; and the key or the label of an option, or yes
    /// or no.
    #[arg(value_name = "[QUESTION] CHOICE", num_args = 0..=2, required_unless_present = "text")]
    words: Vec<String>,
    /// The answer to a question without options; what there is to say besides, to another.
    #[arg(long)]
    text: Option<String>,
}

pub(super) async fn answer(place: &Place<'_>, args: &AnswerArgs) -> Result<(), Error> {
    let run = name::run(place.remote, &args.run).await?;
    let questions = waiting(place, &run).await?;
    let (question, choice) = match args.words.as_slice() {
        [question, choice] => (find(&questions, question)?, Some(choice)),
        // What names a question names no option, unless a text is the answer.
        [word] if args.text.is_some() && is_named(&questions, word) => {
            (find(&questions, word)?, None)
        }
        [choice] => (only(&run, &questions)?, Some(choice)),
        _ => (only(&run, &questions)?, None),
    };
    let text = args.text.as_deref();
    let said = match (choice, text) {
        (Some(choice), text) => (choice.as_str(), text),
        (None, Some(text)) => (text, None),
        (None, None) => {
            return Err(Error::misuse("there is no answer").hint("say a choice or --text"));
        }
    };
    let answered = place.remote.answer(&run, &question.id, said).await?;
    if place.json {
        show::json(&answered);
    } else {
        console::out(format!("answered {}", show::harmless(&question.node_id)));
    }
    Ok(())
}

/// The questions of a run that wait for an answer.
async fn waiting(place: &Place<'_>, run: &RunId) -> Result<Vec<RunQuestion>, Error> {
    let mut questions = place.remote.questions(Some(run)).await?;
    questions.retain(|question| question.status == QuestionStatus::Pending);
    Ok(questions)
}

fn only<'a>(run: &RunId, questions: &'a [RunQuestion]) -> Result<&'a RunQuestion, Error> {
    match questions {
        [only] => Ok(only),
        [] => Err(
            Error::misuse(format!("the run {run} asks nothing now")).hint(format!(
                "`attractor runs questions {run}` lists what it has asked"
            )),
        ),
        several => Err(
            Error::misuse(format!("the run {run} asks {} questions", several.len()))
                .hint(format!("name one: {}", listed(several))),
        ),
    }
}

fn is(question: &RunQuestion, given: &str) -> bool {
    let id = question.id.as_str();
    id == given
        || question.node_id == given
        || (given.chars().count() >= PREFIX && id.starts_with(given))
}

fn is_named(questions: &[RunQuestion], given: &str) -> bool {
    questions.iter().any(|question| is(question, given))
}

fn find<'a>(questions: &'a [RunQuestion], given: &str) -> Result<&'a RunQuestion, Error> {
    let found: Vec<&RunQuestion> = questions.iter().filter(|it| is(it, given)).collect();
    match found.as_slice() {
        [one] => Ok(one),
        [] => Err(
            Error::misuse(format!("no question {given:?} waits for an answer")).hint(
                match questions {
                    [] => "the run asks nothing now".to_owned(),
                    waiting => format!("these do: {}", listed(waiting)),
                },
            ),
        ),
        _ => Err(Error::misuse(format!("several questions are {given:?}"))
            .hint(format!("name one by its id: {}", listed(questions)))),
    }
}

fn listed(questions: &[RunQuestion]) -> String {
    let shown = questions
        .iter()
        .map(|it| format!("{} ({})", it.id, show::harmless(&it.node_id)));
    shown.collect::<Vec<_>>().join(", ")
}

pub(super) async fn list(place: &Place<'_>, run: Option<&str>) -> Result<(), Error> {
    let run = match run {
        Some(given) => Some(name::run(place.remote, given).await?),
        None => None,
    };
    let questions = place.remote.questions(run.as_ref()).await?;
    if place.json {
        show::json(&json!({ "questions": questions }));
        return Ok(());
    }
    let row = |question: &RunQuestion| {
        [
            question.run_id.to_string(),
            question.id.to_string(),
            show::harmless(&question.node_id),
            show::text(&json!(question.status)),
            choices(question),
            show::harmless(&question.prompt),
        ]
    };
    let rows: Vec<_> = questions.iter().map(row).collect();
    show::table(
        ["RUN", "QUESTION", "NODE", "STATUS", "CHOICES", "TEXT"],
        &rows,
    );
    Ok(())
}

/// What may be answered.
pub(super) fn choices(question: &RunQuestion) -> String {
    let options = question.question["options"].as_array();
    let options = options.map_or(&[][..], Vec::as_slice);
    let keys: Vec<String> = options
        .iter()
        .map(|option| show::cell(option, "key"))
        .collect();
    let kind = question.question["kind"].as_str().unwrap_or_default();
    show::text(&match (keys.is_empty(), kind) {
        (false, _) => Value::from(keys.join(",")),
        (true, "yes_no" | "confirmation") => Value::from("yes,no"),
        (true, _) => Value::from(TEXT),
    })
}

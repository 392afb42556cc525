use crate::graph::Edge;
use crate::interviewer::{Answer, AnswerValue, QuestionOption};
use crate::run::{normalize_label, split_accelerator};
use crate::state::Outcome;

/// An edge as an option.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub(super) option: QuestionOption,
    target: String,
}

/// The outgoing edges as options; their keys are unique.
///
/// The key is the label's accelerator, else its first character; an edge whose key is taken gets
/// its number.
pub(super) fn choices<'a>(edges: impl Iterator<Item = &'a Edge>) -> Vec<Choice> {
    let mut choices: Vec<Choice> = Vec::new();
    for (number, edge) in (1..).zip(edges) {
        let label = if edge.label.is_empty() {
            edge.to().as_str()
        } else {
            &edge.label
        };
        let key = match split_accelerator(label) {
            (Some(key), _) => key.to_uppercase(),
            (None, rest) => rest.chars().take(1).flat_map(char::to_uppercase).collect(),
        };
        let taken = choices.iter().any(|choice| choice.option.key == key);
        let key = if taken || key.is_empty() {
            number_key(&choices, number)
        } else {
            key
        };
        let option = QuestionOption {
            key,
            label: label.to_owned(),
        };
        choices.push(Choice {
            option,
            target: edge.to().to_string(),
        });
    }
    choices
}

/// The first number from `number` on that is no key yet.
fn number_key(choices: &[Choice], number: usize) -> String {
    let keys = (number..).map(|number| number.to_string());
    let mut free = keys.filter(|key| choices.iter().all(|choice| choice.option.key != *key));
    free.next().unwrap_or_default()
}

impl Choice {
    /// The choice that a key, a label or a target names.
    pub(super) fn find<'a>(choices: &'a [Self], name: &str) -> Option<&'a Self> {
        let name = name.trim();
        let label = normalize_label(name);
        let by = |matches: &dyn Fn(&Self) -> bool| choices.iter().find(|choice| matches(choice));
        by(&|choice| choice.option.key.eq_ignore_ascii_case(name))
            .or_else(|| by(&|choice| choice.option.label.trim() == name))
            .or_else(|| by(&|choice| normalize_label(&choice.option.label) == label))
            .or_else(|| by(&|choice| choice.target == name))
    }

    /// The choice an answer means.
    pub(super) fn answered<'a>(choices: &'a [Self], answer: &Answer) -> Option<&'a Self> {
        if let Some(option) = &answer.selected_option {
            return choices.iter().find(|choice| choice.option == *option);
        }
        match &answer.value {
            AnswerValue::Choice(name) | AnswerValue::Text(name) => Self::find(choices, name),
            AnswerValue::Yes => Self::find(choices, "yes").or_else(|| Self::find(choices, "Y")),
            AnswerValue::No => Self::find(choices, "no").or_else(|| Self::find(choices, "N")),
            AnswerValue::Skipped | AnswerValue::Timeout => None,
        }
    }

    /// The outcome that leads along the edge.
    pub(super) fn outcome(&self, answer: &Answer) -> Outcome {
        let outcome = Outcome::success()
            .with_preferred_label(&self.option.label)
            .with_suggested_next(&self.target)
            .with_update("human.gate.selected", self.option.key.as_str())
            .with_update("human.gate.label", self.option.label.as_str())
            .with_notes(format!("chosen: {}", self.option.label));
        if answer.text.is_empty() {
            return outcome;
        }
        outcome.with_update("human.gate.text", answer.text.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(label: &str, to: &str) -> Edge {
        let mut edge = Edge::new("gate".parse().unwrap(), to.parse().unwrap());
        edge.label = label.to_owned();
        edge
    }

    #[test]
    fn keys_come_from_labels_and_are_unique() {
        let edges = [
            edge("[A] Approve", "ship"),
            edge("F) Fix", "fix"),
            edge("Abort", "abort"),
            edge("", "later"),
        ];
        let choices = choices(edges.iter());
        let keys: Vec<_> = choices
            .iter()
            .map(|choice| choice.option.key.as_str())
            .collect();
        assert_eq!(keys, ["A", "F", "3", "L"]);
        assert_eq!(choices[3].option.label, "later");
    }

    #[test]
    fn a_choice_is_found_by_key_label_or_target_and_otherwise_not_at_all() {
        let edges = [edge("[A] Approve", "ship"), edge("[F] Fix", "fix")];
        let choices = choices(edges.iter());
        for name in ["f", "[F] Fix", "fix", "FIX"] {
            assert_eq!(
                Choice::find(&choices, name).unwrap().target,
                "fix",
                "{name}"
            );
        }
        assert!(Choice::find(&choices, "whatever").is_none());
        assert!(Choice::answered(&choices, &Answer::skipped()).is_none());
        assert!(Choice::answered(&choices, &Answer::yes()).is_none());
    }
}

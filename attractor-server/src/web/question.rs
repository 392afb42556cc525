use serde_json::Value;

use super::shell::Shell;
use crate::domain::{Run, RunQuestion};

/// A question that waits, as it's shown wherever it can be answered: `parts/question.html`.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) question: RunQuestion,
    kind: String,
    /// Keys and labels.
    pub(super) options: Vec<(String, String)>,
    /// What asks, where that isn't clear.
    pub(super) asker: Option<Asker>,
    pub(super) may_answer: bool,
}

/// What asks a question.
#[derive(Clone, Debug)]
pub(super) struct Asker {
    pub(super) project: String,
    pub(super) attractor: String,
}

impl Asked {
    pub(super) fn new(
        question: RunQuestion,
        run: &Run,
        shell: &Shell,
        asker: Option<Asker>,
    ) -> Self {
        let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let options = question.options.as_ref().and_then(Value::as_array);
        let pair = |option: &Value| (text(option, "key"), text(option, "label"));
        Self {
            kind: text(&question.question, "kind"),
            options: options.into_iter().flatten().map(pair).collect(),
            may_answer: shell.operates(&run.project_id),
            asker,
            question,
        }
    }

    pub(super) fn is(&self, kind: &str) -> bool {
        self.kind == kind
    }
}

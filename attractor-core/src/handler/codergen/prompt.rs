//! What a stage's model is told to do.

use crate::handler::StageContext;
use crate::transform::{expand_context, expand_goal};

/// The node's prompt, or its label where it has none.
///
/// `$goal` in a prompt was expanded before the run; in a label that stands in for one it's
/// expanded here. `$context.<key>` is expanded where the graph asks for it.
pub(in crate::handler) fn task(stage: &StageContext) -> String {
    let (node, attrs) = (stage.node(), stage.graph().attrs());
    let text = if node.prompt.is_empty() {
        expand_goal(&node.label, &attrs.goal)
    } else {
        node.prompt.as_str().into()
    };
    if !attrs.expand_context {
        return text.into_owned();
    }
    let lookup = |key: &str| stage.context().lookup(&format!("context.{key}"));
    expand_context(&text, lookup).into_owned()
}

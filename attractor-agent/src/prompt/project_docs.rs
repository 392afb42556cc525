//! `AGENTS.md` and its kin (coding-agent-loop-spec 6.5).

use crate::{environment::ExecutionEnvironment, limits};

const MARKER: &str = "[Project instructions truncated at 32KB]";

/// The instruction files from the repository's root down to the working directory, deeper ones
/// later.
pub(super) async fn discover(
    environment: &dyn ExecutionEnvironment,
    way_to_root: &str,
    names: &[&str],
) -> String {
    let levels = way_to_root.matches("../").count();
    let mut documents: Vec<Document> = Vec::new();
    for level in (0..=levels).rev() {
        for name in names {
            let path = format!("{}{name}", "../".repeat(level));
            let Ok(content) = environment.read_file(&path).await else {
                continue;
            };
            let content = String::from_utf8_lossy(&content).trim().to_owned();
            // One file under two names, by a link or a copy, is read once.
            let is_new = documents.iter().all(|document| document.content != content);
            if is_new && !content.is_empty() {
                documents.push(Document { path, content });
            }
        }
    }
    render(&documents)
}

#[derive(Debug)]
struct Document {
    path: String,
    content: String,
}

fn render(documents: &[Document]) -> String {
    if documents.is_empty() {
        return String::new();
    }
    let mut text = String::from("# Project instructions\n");
    let mut room = limits::PROJECT_DOC_BYTES;
    for Document { path, content } in documents {
        let part = &content[..content.floor_char_boundary(room)];
        room -= part.len();
        text.push_str(&format!("\n<instructions path=\"{path}\">\n{part}\n"));
        if part.len() < content.len() {
            text.push_str(MARKER);
            text.push_str("\n</instructions>\n");
            break;
        }
        text.push_str("</instructions>\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_beyond_the_budget_are_cut_with_a_marker() {
        let document = |path: &str, length: usize| Document {
            path: path.to_owned(),
            content: "é".repeat(length / 2),
        };
        let text = render(&[
            document("../AGENTS.md", 30_000),
            document("AGENTS.md", 10_000),
        ]);
        assert!(text.ends_with("[Project instructions truncated at 32KB]\n</instructions>\n"));
        assert!(text.len() < limits::PROJECT_DOC_BYTES + 300);
        assert_eq!(render(&[]), "");
    }
}

//! `grep`: lines that match a pattern.

use std::fmt::Write as _;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{arguments, search_places, text::on_one_line};
use crate::{
    environment::{GrepFile, GrepOptions, GrepOutput, GrepResult, SearchStop},
    error::Error,
    limits,
    tool::{Access, Tool, ToolContext, ToolOutput, summarise},
};

/// Searches the contents of files (coding-agent-loop-spec 3.3).
///
/// Files that ignore files name are left out, as are binary ones. The first results are kept, in
/// the order of paths.
#[derive(Debug, Clone, Copy, Default)]
pub struct GrepTool {
    output_modes: bool,
}

impl GrepTool {
    /// The tool that returns matching lines.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets a call choose between matching lines, the files that have some, and how many each has
    /// (coding-agent-loop-spec 3.5), and ask for lines around each match.
    #[must_use]
    pub fn with_output_modes(mut self) -> Self {
        self.output_modes = true;
        self
    }
}

#[derive(Debug, Deserialize)]
struct Arguments {
    pattern: String,
    path: Option<String>,
    glob_filter: Option<String>,
    #[serde(default)]
    case_insensitive: bool,
    max_results: Option<usize>,
    #[serde(default)]
    output_mode: OutputMode,
    #[serde(default)]
    context_lines: usize,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OutputMode {
    #[default]
    Content,
    FilesWithMatches,
    Count,
}

impl From<OutputMode> for GrepOutput {
    fn from(mode: OutputMode) -> Self {
        match mode {
            OutputMode::Content => Self::Content,
            OutputMode::FilesWithMatches => Self::FilesWithMatches,
            OutputMode::Count => Self::Count,
        }
    }
}

#[async_trait]
impl Tool for GrepTool {
    fn name(&self) -> &str {
        "grep"
    }

    fn description(&self) -> &str {
        "Search file contents with a regular expression (Rust syntax, one line at a time). Returns \
         matching lines as `PATH:LINE:TEXT`, the first ones where there are many. Files that \
         .gitignore names and binary files are not searched. Prefer it to grep or rg in the shell."
    }

    fn parameters(&self) -> Value {
        let mut schema = json!({
            "type": "object",
            "properties": {
                "pattern": {
                    "type": "string",
                    "description": "The regular expression; literal ( [ { . * + need a backslash"
                },
                "path": {
                    "type": "string",
                    "description": "File or directory to search (default: the working directory)"
                },
                "glob_filter": {
                    "type": "string",
                    "description": "Only files of this name pattern, e.g. *.py or src/**/*.{ts,tsx}"
                },
                "case_insensitive": {
                    "type": "boolean",
                    "description": "Whether case is ignored (default false)"
                },
                "max_results": {
                    "type": "integer",
                    "minimum": 1,
                    "description": "After how many results to stop (default 100)"
                }
            },
            "required": ["pattern"],
            "additionalProperties": false
        });
        if self.output_modes {
            schema["properties"]["output_mode"] = json!({
                "type": "string",
                "enum": ["content", "files_with_matches", "count"],
                "description": "Matching lines (default), paths of files with a match, or the \
                                number of matching lines of each file"
            });
            schema["properties"]["context_lines"] = json!({
                "type": "integer",
                "minimum": 0,
                "maximum": limits::GREP_CONTEXT_LINES,
                "description": "How many lines to show before and after each match (default 0)"
            });
        }
        schema
    }

    fn access(&self, arguments: &Value) -> Access {
        Access::Reads(search_places(arguments))
    }

    fn summary(&self, arguments: &Value) -> String {
        let text = |name: &str| arguments.get(name).and_then(Value::as_str);
        let pattern = text("pattern").unwrap_or_default();
        match text("path") {
            Some(path) => summarise(&format!("{pattern} in {path}")),
            None => summarise(pattern),
        }
    }

    async fn execute(&self, input: Value, context: &ToolContext) -> Result<ToolOutput, Error> {
        let input: Arguments = arguments(input)?;
        let options = GrepOptions::new()
            .glob_filter(input.glob_filter.clone())
            .case_insensitive(input.case_insensitive)
            .output(input.output_mode.into())
            .context_lines(input.context_lines.min(limits::GREP_CONTEXT_LINES))
            .max_results(input.max_results.unwrap_or(limits::GREP_RESULTS));
        let path = input.path.as_deref().unwrap_or(".");
        let environment = context.environment();
        let found = environment.grep(&input.pattern, path, &options).await?;
        let mut text = String::new();
        for file in &found.files {
            show(&mut text, file, input.output_mode);
        }
        text.push_str(&remark(&input, &found));
        Ok(ToolOutput::text(text))
    }
}

fn show(text: &mut String, file: &GrepFile, mode: OutputMode) {
    match mode {
        OutputMode::Content => show_lines(text, file),
        OutputMode::FilesWithMatches => {
            let _ = writeln!(text, "{}", on_one_line(&file.path));
        }
        OutputMode::Count => {
            let _ = writeln!(text, "{}:{}", on_one_line(&file.path), file.matches);
        }
    }
}

/// As ripgrep shows lines: `:` around the number of one that matches, `-` around that of its
/// neighbour, `--` where some are left out between them.
fn show_lines(text: &mut String, file: &GrepFile) {
    let with_context = file.lines.iter().any(|line| !line.is_match);
    let path = on_one_line(&file.path);
    let mut expected = None;
    for line in &file.lines {
        if with_context && expected != Some(line.number) && !text.is_empty() {
            text.push_str("--\n");
        }
        expected = Some(line.number + 1);
        let mark = if line.is_match { ':' } else { '-' };
        let _ = writeln!(text, "{path}{mark}{}{mark}{}", line.number, line.text);
    }
}

/// What the results alone don't tell.
fn remark(input: &Arguments, found: &GrepResult) -> String {
    let place = match (&input.path, &input.glob_filter) {
        (Some(path), Some(filter)) => format!(" in files {filter} of {path}"),
        (Some(path), None) => format!(" in {path}"),
        (None, Some(filter)) => format!(" in files {filter}"),
        (None, None) => String::new(),
    };
    match found.stopped {
        Some(SearchStop::Results) => {
            "[these are the first results, and there are more: narrow the pattern, path or \
             glob_filter, or raise max_results]"
                .to_owned()
        }
        Some(SearchStop::Time) => {
            "[the search took too long and was stopped: these are not all results; search a \
             smaller directory]"
                .to_owned()
        }
        Some(SearchStop::Files) => {
            "[there are too many files: these are not all results; search a smaller directory]"
                .to_owned()
        }
        None if !found.files.is_empty() => String::new(),
        None if found.skipped > 0 => format!(
            "No matches found{place}; files that are binary or can't be read were not searched \
             ({})",
            found.skipped
        ),
        None => format!("No matches found{place}"),
    }
}

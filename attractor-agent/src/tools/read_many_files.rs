//! `read_many_files`: the content of several files in one call.

use std::{collections::BTreeSet, fmt::Write as _};

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{arguments, is_binary, text::on_one_line};
use crate::{
    environment::{ExecutionEnvironment, Filter},
    error::{Error, ErrorKind},
    limits,
    tool::{Access, Places, Tool, ToolContext, ToolOutput, summarise},
};

/// Reads files by their paths and name patterns (coding-agent-loop-spec 3.6).
#[derive(Debug, Clone, Copy, Default)]
pub struct ReadManyFilesTool;

#[derive(Debug, Deserialize)]
struct Arguments {
    paths: Vec<String>,
    #[serde(default)]
    include: Vec<String>,
    #[serde(default)]
    exclude: Vec<String>,
}

#[async_trait]
impl Tool for ReadManyFilesTool {
    fn name(&self) -> &str {
        "read_many_files"
    }

    fn description(&self) -> &str {
        "Read several text files at once, by paths and glob patterns. Returns each file's content \
         after a line `--- PATH ---`. A directory stands for all files in it. Files that .gitignore \
         names are left out unless they are named themselves; of binary files and images only the \
         kind is told."
    }

    fn parameters(&self) -> Value {
        let patterns = |description: &str| json!({"type": "array", "items": {"type": "string"}, "description": description});
        let mut paths =
            patterns("Files, directories or glob patterns, e.g. README.md or src/**/*.ts");
        paths["minItems"] = json!(1);
        json!({
            "type": "object",
            "properties": {
                "paths": paths,
                "include": patterns("More of the same"),
                "exclude": patterns("Name patterns of files to leave out, e.g. *.test.ts or dist/")
            },
            "required": ["paths"],
            "additionalProperties": false
        })
    }

    fn access(&self, _: &Value) -> Access {
        Access::Reads(Places::Anywhere)
    }

    fn summary(&self, arguments: &Value) -> String {
        let paths = arguments.get("paths").and_then(Value::as_array);
        let paths = paths.into_iter().flatten().filter_map(Value::as_str);
        summarise(&paths.collect::<Vec<_>>().join(", "))
    }

    async fn execute(&self, input: Value, context: &ToolContext) -> Result<ToolOutput, Error> {
        let input: Arguments = arguments(input)?;
        let environment = context.environment();
        let excluded = input.exclude.iter().map(|name| Filter::new(Some(name)));
        let excluded = excluded.collect::<Result<Vec<_>, _>>()?;
        let mut reading = Reading::default();
        for path in input.paths.iter().chain(&input.include) {
            reading.find(environment, path, &excluded).await?;
        }
        reading.read(environment).await
    }
}

/// The files to read, each once, in the order in which they were asked for.
#[derive(Debug, Default)]
struct Reading {
    files: Vec<String>,
    seen: BTreeSet<String>,
    remarks: Vec<String>,
}

impl Reading {
    async fn find(
        &mut self,
        environment: &dyn ExecutionEnvironment,
        path: &str,
        excluded: &[Filter],
    ) -> Result<(), Error> {
        let mut found = match environment.list_directory(path, 1).await {
            Ok(_) => environment.glob("**/*", path, limits::MANY_FILES).await?,
            Err(error) if error.kind() == ErrorKind::InvalidInput => {
                self.add(path.to_owned());
                return Ok(());
            }
            Err(_) if is_pattern(path) => environment.glob(path, ".", limits::MANY_FILES).await?,
            Err(error) => {
                self.remarks.push(error.to_string());
                return Ok(());
            }
        };
        found.paths.sort();
        found
            .paths
            .retain(|file| !excluded.iter().any(|filter| filter.takes(file)));
        if found.paths.is_empty() {
            self.remarks.push(format!("{path}: no files"));
        }
        if found.stopped.is_some() {
            self.remarks.push(format!("{path}: there are more files"));
        }
        found.paths.into_iter().for_each(|file| self.add(file));
        Ok(())
    }

    fn add(&mut self, file: String) {
        if self.seen.insert(file.clone()) {
            self.files.push(file);
        }
    }

    async fn read(mut self, environment: &dyn ExecutionEnvironment) -> Result<ToolOutput, Error> {
        let mut text = String::new();
        for (read, file) in self.files.iter().enumerate() {
            if read >= limits::MANY_FILES || text.len() >= limits::MANY_FILES_BYTES {
                let left = self.files.len() - read;
                self.remarks
                    .push(format!("{left} more files were not read"));
                break;
            }
            match environment.read_file(file).await {
                Ok(content) => append(&mut text, file, &content),
                Err(error) => self.remarks.push(error.to_string()),
            }
        }
        let nothing = text.is_empty();
        for remark in &self.remarks {
            let _ = writeln!(text, "[{remark}]");
        }
        Ok(ToolOutput::text(text).is_error(nothing))
    }
}

fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '[', '{'])
}

fn append(text: &mut String, file: &str, content: &[u8]) {
    let _ = writeln!(text, "--- {} ---", on_one_line(file));
    if is_binary(content) {
        let _ = writeln!(text, "[binary file of {} bytes]", content.len());
        return;
    }
    text.push_str(&String::from_utf8_lossy(content));
    if !text.ends_with('\n') {
        text.push('\n');
    }
}

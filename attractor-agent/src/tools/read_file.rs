//! `read_file`: numbered lines, or an image.

use std::fmt::Write as _;

use async_trait::async_trait;
use attractor_llm::ImageData;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{arguments, is_binary, path_summary};
use crate::{
    error::{Error, ErrorKind},
    limits,
    tool::{Access, Places, Tool, ToolContext, ToolOutput},
};

/// Reads a file: its lines with their numbers, or an image for the model to see
/// (coding-agent-loop-spec 3.3).
#[derive(Debug, Clone, Copy, Default)]
pub struct ReadFileTool;

#[derive(Debug, Deserialize)]
struct Arguments {
    file_path: String,
    offset: Option<usize>,
    limit: Option<usize>,
}

#[async_trait]
impl Tool for ReadFileTool {
    fn name(&self) -> &str {
        "read_file"
    }

    fn description(&self) -> &str {
        "Read a file from the filesystem. Returns its lines as `NUMBER | content`, up to 2000 of \
         them unless a limit is given; use offset and limit for a part of a long file. PNG, JPEG, \
         GIF and WebP images are shown to you. Other binary files are refused."
    }

    fn parameters(&self) -> Value {
        json!({
            "type": "object",
            "properties": {
                "file_path": {
                    "type": "string",
                    "description": "Path of the file, absolute or relative to the working directory"
                },
                "offset": {
                    "type": "integer",
                    "minimum": 1,
                    "description": "Line number to start reading from, counted from 1"
                },
                "limit": {
                    "type": "integer",
                    "minimum": 1,
                    "description": "How many lines to read at most (default 2000)"
                }
            },
            "required": ["file_path"],
            "additionalProperties": false
        })
    }

    fn access(&self, arguments: &Value) -> Access {
        Access::Reads(Places::argument(arguments, "file_path"))
    }

    fn summary(&self, arguments: &Value) -> String {
        path_summary(arguments)
    }

    async fn execute(&self, input: Value, context: &ToolContext) -> Result<ToolOutput, Error> {
        let Arguments {
            file_path,
            offset,
            limit,
        } = arguments(input)?;
        let content = context.environment().read_file(&file_path).await?;
        if let Some(media_type) = image_type(&content) {
            return image(&file_path, content, media_type);
        }
        if is_binary(&content) {
            return Err(Error::invalid_input(format!(
                "{file_path} is a binary file of {} bytes; inspect it with a shell command such as \
                 file or xxd",
                content.len()
            )));
        }
        numbered(
            &content,
            offset.unwrap_or(1).max(1),
            limit.unwrap_or(limits::READ_LINES).max(1),
        )
        .map(ToolOutput::text)
        .map_err(|lines| Error::invalid_input(format!("{file_path} has only {lines} lines")))
    }
}

/// The lines from `offset` on, or how many there are when the offset is beyond them.
fn numbered(content: &[u8], offset: usize, limit: usize) -> Result<String, usize> {
    let text = String::from_utf8_lossy(content);
    let total = text.lines().count();
    if total == 0 {
        return Ok("(the file is empty)".to_owned());
    }
    if offset > total {
        return Err(total);
    }
    let last = total.min(offset.saturating_add(limit).saturating_sub(1));
    let width = last.to_string().len();
    let mut output = String::with_capacity(text.len());
    let lines = text
        .lines()
        .enumerate()
        .skip(offset - 1)
        .take(last + 1 - offset);
    for (index, line) in lines {
        let _ = writeln!(output, "{:>width$} | {line}", index + 1);
    }
    if last < total || offset > 1 {
        let _ = write!(output, "[lines {offset} to {last} of {total}");
        let next = if last < total {
            format!("; read on with offset {}", last + 1)
        } else {
            String::new()
        };
        let _ = writeln!(output, "{next}]");
    }
    if std::str::from_utf8(content).is_err() {
        output.push_str("[the file is not UTF-8: bytes that cannot be shown appear as \u{fffd}]\n");
    }
    Ok(output)
}

fn image(path: &str, content: Bytes, media_type: &str) -> Result<ToolOutput, Error> {
    if content.len() > limits::IMAGE_BYTES {
        return Err(Error::new(
            ErrorKind::Limit,
            format!(
                "{path} is an image of {} bytes, more than the {} that can be shown; scale it down",
                content.len(),
                limits::IMAGE_BYTES
            ),
        ));
    }
    let text = format!("{path}: {media_type}, {} bytes", content.len());
    Ok(ToolOutput::text(text).image(ImageData::from_bytes(content, media_type)))
}

/// The type of an image that models take, by its first bytes.
fn image_type(content: &[u8]) -> Option<&'static str> {
    match content {
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => Some("image/webp"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_numbered_and_the_rest_is_announced() {
        assert_eq!(numbered(b"a\nb\n", 1, 10).unwrap(), "1 | a\n2 | b\n");
        assert_eq!(
            numbered(b"a\r\nb", 1, 1).unwrap(),
            "1 | a\n[lines 1 to 1 of 2; read on with offset 2]\n"
        );
        assert_eq!(
            numbered(b"a\nb\nc", 2, 10).unwrap(),
            "2 | b\n3 | c\n[lines 2 to 3 of 3]\n"
        );
        assert_eq!(numbered(b"a\nb", 3, 1), Err(2));
        assert!(numbered(b"caf\xe9", 1, 1).unwrap().contains("not UTF-8"));
    }
}

//! A planning run: four files, each checked, and the bundle that they become.

use super::tasks_schema;
use super::{Output, Results, store};
use crate::domain::BUNDLE_FILES;
use crate::execute::Execution;
use crate::execute::error::Failure;
use crate::runner_api::{NewBundle, NewBundleFile};

pub(super) async fn deliver(execution: &Execution<'_>) -> Result<Results, Failure> {
    let found = execution.found();
    let mut outputs = Vec::new();
    for name in BUNDLE_FILES {
        let Some(output) = found.file(name).await? else {
            return Err(missing(name));
        };
        outputs.push(checked(output)?);
    }
    let others = found.others(&BUNDLE_FILES)?;
    for output in outputs.iter().chain(&others) {
        store(execution, output).await?;
    }
    let files = outputs.iter().map(|output| NewBundleFile {
        name: output.key.clone(),
        sha256: output.sha256(),
    });
    let new = NewBundle {
        files: files.collect(),
    };
    let bundle = execution.api.create_bundle(&new).await?;
    Ok(Results {
        bundle: Some(bundle),
        ..Results::default()
    })
}

fn missing(name: &str) -> Failure {
    let node = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let node = node.replace('-', "_");
    Failure::run(format!(
        "the planning run has no {name}: a stage must write .attractor/out/{name} or {name}, or a node {node} must answer with it"
    ))
}

/// The file as it's stored, if it has what it must have.
fn checked(output: Output) -> Result<Output, Failure> {
    let name = &output.key;
    let Ok(text) = std::str::from_utf8(&output.bytes) else {
        return Err(Failure::run(format!("{name} isn't UTF-8 text")));
    };
    if text.trim().is_empty() {
        return Err(Failure::run(format!("{name} is empty")));
    }
    if name != "tasks.json" {
        return Ok(output);
    }
    let json = within_fence(text);
    tasks_schema::check(json).map_err(|why| Failure::run(format!("tasks.json {why}")))?;
    Ok(Output::new(name, json))
}

/// The first fenced block of an answer that has one, since models wrap JSON in it.
fn within_fence(text: &str) -> &str {
    let whole = text.trim();
    if whole.starts_with('{') {
        return whole;
    }
    let block = whole.split_once("```").map(|(_, rest)| rest);
    let block = block.and_then(|rest| rest.split_once('\n'));
    let block = block.and_then(|(_, rest)| rest.split_once("```"));
    block.map_or(whole, |(block, _)| block.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TASKS: &str = r#"{"tasks": [{"id": "T1", "title": "Do it"}]}"#;

    #[test]
    fn each_file_is_checked_and_json_is_taken_out_of_its_fence() {
        assert!(checked(Output::new("plan.md", "# Plan")).is_ok());
        for empty in ["", " \n"] {
            let error = checked(Output::new("plan.md", empty)).unwrap_err();
            assert_eq!(error.to_string(), "plan.md is empty");
        }
        let fenced = format!("Here they are:\n\n```json\n{TASKS}\n```\nDone.");
        for text in [TASKS, &fenced] {
            let output = checked(Output::new("tasks.json", text)).unwrap();
            assert_eq!(output.bytes, TASKS.as_bytes());
        }
        for bad in [
            "nothing",
            "{}",
            r#"{"tasks": []}"#,
            r#"{"tasks": [{"id": 1}]}"#,
        ] {
            let error = checked(Output::new("tasks.json", bad)).unwrap_err();
            assert!(error.to_string().starts_with("tasks.json "), "{error}");
        }
    }

    #[test]
    fn what_is_missing_is_named_with_the_ways_to_write_it() {
        let error = missing("acceptance-tests.md").to_string();
        assert!(
            error.contains(".attractor/out/acceptance-tests.md"),
            "{error}"
        );
        assert!(error.contains("a node acceptance_tests"), "{error}");
    }
}

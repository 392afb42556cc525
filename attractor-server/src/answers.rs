//! Answers to human gates from a file, and a file that keeps them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use attractor_core::{
    Interviewer, JournalEntry, RecordingInterviewer, ReplayInterviewer, RunEvent, StageProgress,
};
use clap::Args;

use crate::Error;

/// Where answers come from, and where they are kept.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct AnswerArgs {
    /// Answer human gates from a file: JSON lines as --record-answers writes them, or
    /// {"stage": "NODE", "answer": "LABEL"}. A question without an answer in it fails its stage.
    #[arg(long, value_name = "FILE", conflicts_with = "auto_approve")]
    answers: Option<PathBuf>,
    /// Append every question with its answer to a file, for --answers.
    #[arg(long, value_name = "FILE")]
    record_answers: Option<PathBuf>,
}

impl AnswerArgs {
    /// Who answers by these settings: the file, else the other one; recorded if asked for. The
    /// entries are those of a run that goes on, whose answers aren't given again.
    pub(crate) fn interviewer(
        &self,
        other: impl FnOnce() -> Result<Arc<dyn Interviewer>, Error>,
        entries: &[JournalEntry],
    ) -> Result<Arc<dyn Interviewer>, Error> {
        let interviewer = match &self.answers {
            Some(path) => replay(path, entries)?,
            None => other()?,
        };
        let Some(path) = &self.record_answers else {
            return Ok(interviewer);
        };
        let recording = RecordingInterviewer::new(interviewer).with_file(path);
        let recording = recording.map_err(|error| {
            Error::misuse(error.chain())
                .hint("name a file that you may write to with --record-answers FILE")
                .caused_by(error)
        })?;
        Ok(Arc::new(recording))
    }
}

fn replay(path: &Path, entries: &[JournalEntry]) -> Result<Arc<dyn Interviewer>, Error> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Error::misuse(format!("can't read {}: {error}", path.display())).caused_by(error)
    })?;
    let interviewer = ReplayInterviewer::parse(&text).map_err(|error| {
        Error::misuse(format!("{}: {}", path.display(), error.chain()))
            .hint(r#"each line is like {"stage": "review", "answer": "Approve"}"#)
            .caused_by(error)
    })?;
    for entry in entries {
        if let RunEvent::Progress {
            node,
            progress: StageProgress::InterviewCompleted { .. },
        } = &entry.event
        {
            interviewer.skip(node.as_str());
        }
    }
    Ok(Arc::new(interviewer))
}

//! Every limit of the crate's engine half, with the reason for its number.

/// Stages a run executes at most, unless the pipeline says otherwise (`max_steps`): far above any
/// pipeline seen, low enough that a forgotten loop ends within minutes.
pub const MAX_STEPS: u64 = 10_000;

/// Jumps away from the exit because of goal gates, unless the pipeline says otherwise
/// (`max_goal_gate_redirects`): a gate that fails ten times won't hold the eleventh time.
pub const MAX_GOAL_GATE_REDIRECTS: u32 = 10;

/// Restarts through `loop_restart` edges, unless the pipeline says otherwise (`max_restarts`).
pub const MAX_RESTARTS: u32 = 100;

/// Branches of a parallel node that run at a time, unless the pipeline says otherwise
/// (`max_parallel`); attractor-spec 4.8.
pub const MAX_PARALLEL: usize = 4;

/// Branches of one parallel node: five times what anybody was seen to need, and few enough for
/// their results to fit into one journal line.
pub const MAX_BRANCHES: usize = 1_000;

/// Parallel nodes within branches of parallel nodes: people nest two deep. A branch that leads back
/// to its own parallel node ends here.
pub const MAX_PARALLEL_DEPTH: usize = 8;

/// Attempts of one visit: `max_retries` beyond this is cut, so that counters stay small.
pub const MAX_ATTEMPTS: u32 = 1_000;

/// Lines of the run log that a context keeps: the log is in every checkpoint.
pub const CONTEXT_LOG_LINES: usize = 1_000;

/// Characters of a model's answer in the context key `last_response` (attractor-spec 4.5).
pub const LAST_RESPONSE_CHARACTERS: usize = 200;

/// Bytes of one output stream of a tool that are kept, half from its head, half from its tail:
/// enough for a test suite's report, small enough for the context.
pub const TOOL_OUTPUT_BYTES: usize = 1024 * 1024;

/// Characters at the end of a tool's output that go into its failure reason.
pub const TOOL_FAILURE_TAIL_CHARACTERS: usize = 2_000;

/// How long a tool's process group may take to end after TERM, before KILL.
pub const TOOL_KILL_GRACE_MS: u64 = 2_000;

/// How long a stage may take to wind up after a cancel before the engine abandons it. A handler
/// that kills its children at once needs far less; the whole cancel has to stay under a second.
pub const CANCEL_GRACE_MS: u64 = 500;

/// Bytes of a `status.json` that are read: it holds a few fields, not a transcript.
pub const STATUS_FILE_BYTES: u64 = 1024 * 1024;

/// Progress reports of one stage that wait for the engine. The engine drains them whenever the
/// stage yields, so only a stage that never yields gets here; what is beyond is dropped and
/// reported as one warning.
pub const PROGRESS_QUEUE: usize = 65_536;

/// Updates a slow reader of a run's events may lag behind before it sees a gap.
pub const UPDATE_BUFFER: usize = 4_096;

/// Characters of one journaled text (a model's message, a warning): a journal line stays readable.
pub const EVENT_TEXT_CHARACTERS: usize = 65_536;

/// Checkpoints are written after every stage until this many are completed: most pipelines are
/// shorter.
pub const CHECKPOINT_EVERY_STAGE_BELOW: u64 = 64;

/// Beyond that a checkpoint is written whenever the run has grown by a sixteenth, so that what all of
/// them cost grows with the run's length, not with its square.
pub const CHECKPOINT_SHARE: u64 = 16;

/// Bytes of a journal line: longer lines aren't ours.
pub const JOURNAL_LINE_BYTES: usize = 64 * 1024 * 1024;

/// Answers that don't match any option before a console gives up and reports "skipped".
pub const CONSOLE_ATTEMPTS: u32 = 5;

/// Characters of a tool's output in the context key `tool.output`: the whole of it is in the
/// stage directory, and the context is in every checkpoint.
pub const TOOL_CONTEXT_CHARACTERS: usize = 64 * 1024;

/// Characters of the goal in a tool's environment: the kernel limits one variable to 128 KiB.
pub const TOOL_GOAL_CHARACTERS: usize = 16 * 1024;

/// How long a tool's output is still read after the tool has ended, in case a child in the
/// background keeps the pipe open.
pub const TOOL_DRAIN_MS: u64 = 200;

/// Characters about all candidates together in the prompt of a fan-in: a quarter of a small
/// model's window.
pub const FAN_IN_PROMPT_CHARACTERS: usize = 128 * 1024;

/// Characters about one of them.
pub const FAN_IN_CANDIDATE_CHARACTERS: usize = 16 * 1024;

/// Branches whose failures are told in the reason of a parallel node's or a fan-in's failure: the
/// rest is in the context.
pub const FAN_IN_REASONS: usize = 8;

/// Characters of each of these reasons.
pub const FAN_IN_REASON_CHARACTERS: usize = 200;

/// Characters of a value that an explanation of a hop shows: conditions compare words and numbers.
pub const EXPLAINED_VALUE_CHARACTERS: usize = 1_000;

/// How often a resume looks whether what it has killed is gone, before it goes on in any case: a
/// killed process ends within milliseconds, unless it waits for a disk.
pub const LEFT_OVER_POLLS: u32 = 100;

/// How long it waits between two looks.
pub const LEFT_OVER_POLL_MS: u64 = 10;

/// Messages that wait to steer one stage, or for a stage that can be steered: whoever sends more
/// isn't read any more.
pub const STEERING_QUEUE: usize = 64;

/// Bytes of one of them: it goes into a model's conversation as a whole.
pub const STEERING_MESSAGE_BYTES: usize = 64 * 1024;

/// Nodes of a child run that its telemetry lists, the newest ones: they go into the context.
pub const TELEMETRY_NODES: usize = 50;

/// Cycles of a manager, unless the pipeline says otherwise (`manager.max_cycles`);
/// attractor-spec 4.11.
pub const MANAGER_CYCLES: u32 = 1_000;

/// Time between two of them, unless the pipeline says otherwise (`manager.poll_interval`);
/// attractor-spec 4.11.
pub const MANAGER_POLL_INTERVAL_MS: u64 = 45_000;

/// Characters of one value in what a manager's model is told of a child run.
pub const MANAGER_TEXT_CHARACTERS: usize = 4_000;

/// How much longer a stage may take to wind up for each level of child runs below it, so that
/// these record their end first; with the deepest nesting, the whole cancel stays under a second.
pub const CHILD_GRACE_MS: u64 = 50;
/// Bytes of an artifact above which it has a file of its own (attractor-spec 5.5), and bytes of a
/// context value above which it becomes an artifact: the context is in every checkpoint.
pub const ARTIFACT_FILE_BYTES: usize = 100 * 1024;

/// Bytes of one artifact: it's read whole.
pub const ARTIFACT_BYTES: u64 = 1 << 30;

/// Bytes of an artifact's id: it becomes the name of a file.
pub const ARTIFACT_ID_BYTES: usize = 200;

/// How much earlier than its own clock says a question's time may be up: whoever enforces it has
/// started to wait a moment before.
pub const ANSWER_CLOCK_SLACK_MS: u64 = 50;

/// Files that the event of a commit names; all of them are in the commit.
#[cfg(feature = "git")]
pub(crate) const COMMIT_FILES_NAMED: usize = 20;

/// How long one call of git may take: recording a large repository for the first time takes
/// seconds on a slow disk.
#[cfg(feature = "git")]
pub(crate) const GIT_CALL_MS: u64 = 120_000;

/// Bytes that a call of git may write: the names of a million files.
#[cfg(feature = "git")]
pub(crate) const GIT_OUTPUT_BYTES: u64 = 64 * 1024 * 1024;

/// Characters of git's own words in an error.
#[cfg(feature = "git")]
pub(crate) const GIT_ERROR_CHARACTERS: usize = 2_000;

/// New files that one commit takes in: beyond this they aren't anybody's source text.
#[cfg(feature = "git")]
pub(crate) const GIT_NEW_FILES: usize = 10_000;

/// Bytes of new files that one commit takes in: a repository keeps them for ever.
#[cfg(feature = "git")]
pub(crate) const GIT_NEW_BYTES: u64 = 256 * 1024 * 1024;

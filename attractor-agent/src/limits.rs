//! Every bound of the crate, with the reason for the number.

use std::time::Duration;

/// Bytes of one output stream kept in memory (half head, half tail): what codex keeps, and more
/// than any model is shown.
pub(crate) const OUTPUT_BYTES_IN_MEMORY: usize = 1024 * 1024;
/// Bytes of one output stream written to its spill file: twice the longest log of a build, and a
/// command that floods for ten minutes must not fill the disk.
pub(crate) const OUTPUT_BYTES_SPILLED: u64 = 1024 * 1024 * 1024;
/// Bytes read from a pipe at a time: the pipe's own capacity on Linux.
pub(crate) const PIPE_CHUNK_BYTES: usize = 64 * 1024;
/// Bytes that a pipe holds at most for a user without privileges, on Linux.
pub(crate) const PIPE_CAPACITY_BYTES: usize = 1024 * 1024;
/// Size of a command's terminal: wide enough that messages of compilers aren't broken into pieces.
pub(crate) const TERMINAL_COLUMNS: u16 = 120;
/// See [`TERMINAL_COLUMNS`].
pub(crate) const TERMINAL_ROWS: u16 = 40;
/// How long a command may take to read what is written to it.
pub(crate) const INPUT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long output is awaited after the command itself has exited while a child keeps the pipe;
/// what was written before the exit is already in the pipe and arrives within this.
pub(crate) const OUTPUT_GRACE: Duration = Duration::from_millis(150);
/// Between SIGTERM and SIGKILL on a timeout (coding-agent-loop-spec 4.2).
pub(crate) const TIMEOUT_GRACE: Duration = Duration::from_secs(2);
/// Between SIGTERM and SIGKILL on a cancel unless the session says (coding-agent-loop-spec,
/// appendix B).
pub(crate) const CANCEL_GRACE: Duration = Duration::from_secs(2);
/// The most that a session may allow: a host that waits longer for an abort has hung.
pub(crate) const LONGEST_CANCEL_GRACE: Duration = Duration::from_secs(60);
/// The most in a stage of a pipeline, whose run is to end within a second of its cancel.
#[cfg(feature = "pipeline")]
pub(crate) const STAGE_ABORT_GRACE_MS: u64 = 200;
/// How long the first look at a process group that was asked to end is followed by none: far below what
/// a person notices. Each pause is twice the one before.
pub(crate) const GROUP_POLL: Duration = Duration::from_millis(10);
/// The longest of these pauses: a look at a thousand processes takes some ten milliseconds.
pub(crate) const GROUP_POLL_LONGEST: Duration = Duration::from_millis(100);
/// How long a killed process may take to be reaped before it is left to the system.
pub(crate) const REAP_GRACE: Duration = Duration::from_secs(1);
/// How long a cancelled tool may take beyond the grace of its commands before its future is
/// dropped: killing, reaping and reading the rest take a tenth of that, and with the grace of a stage
/// it stays within the second in which a cancel must be done.
pub(crate) const TOOL_END_GRACE: Duration = Duration::from_millis(500);
/// How long an input waits for what the calls of a dropped one have still to do: a patch of hundreds of
/// files takes a second, and only a file system that hangs longer.
pub(crate) const WHOLE_WORK_WAIT: Duration = Duration::from_secs(60);
/// Largest file that is read whole; larger ones are for the shell.
pub(crate) const FILE_BYTES: u64 = 64 * 1024 * 1024;
/// Largest image sent to a model: the strictest provider takes 5 MB of base64.
pub(crate) const IMAGE_BYTES: usize = 3_750_000;
/// Entries a directory listing returns at most.
pub(crate) const DIRECTORY_ENTRIES: usize = 10_000;
/// Directory levels a listing descends at most.
pub(crate) const DIRECTORY_DEPTH: usize = 32;
/// Symbolic links followed for one path: the kernel's own bound.
pub(crate) const SYMBOLIC_LINKS: usize = 40;
/// Results a search of contents returns when no number is asked for (coding-agent-loop-spec 3.3).
pub(crate) const GREP_RESULTS: usize = 100;
/// Lines around a match that can be asked for; whoever needs more reads the file.
pub(crate) const GREP_CONTEXT_LINES: usize = 20;
/// Files that `glob` returns: as many as a model is shown lines of it (coding-agent-loop-spec 5.3).
pub(crate) const GLOB_RESULTS: usize = 500;
/// Files that one call of `read_many_files` reads.
pub(crate) const MANY_FILES: usize = 500;
/// Bytes after which `read_many_files` reads no further file: ten times what a model is shown.
pub(crate) const MANY_FILES_BYTES: usize = 512 * 1024;
/// Results a search returns at most: ten times what fits into what a model is shown.
pub(crate) const SEARCH_RESULTS: usize = 10_000;
/// Files and directories one search looks at: more than the largest repositories have.
pub(crate) const SEARCH_ENTRIES: usize = 2_000_000;
/// How long one search may take; what was found until then is returned.
pub(crate) const SEARCH_TIMEOUT: Duration = Duration::from_secs(60);
/// Threads of one search: more only wait for the same disk.
pub(crate) const SEARCH_THREADS: usize = 8;
/// Files that a search has found and not looked at yet: enough that no thread waits for another to read
/// a directory.
pub(crate) const SEARCH_AHEAD: usize = 64;
/// Bytes of a compiled regular expression: a hundred times what people write.
pub(crate) const PATTERN_BYTES: usize = 10 * 1024 * 1024;
/// Bytes of the longest line that a search reads, on each of its threads; a file with a longer one is
/// for the shell, as one that is larger than `FILE_BYTES`.
pub(crate) const GREP_LINE_READ: usize = 64 * 1024 * 1024;
/// Bytes shown of one matching line: enough for any that people wrote.
pub(crate) const GREP_LINE_BYTES: usize = 500;
/// Lines `read_file` returns when no limit is given (coding-agent-loop-spec 3.3).
pub(crate) const READ_LINES: usize = 2_000;
/// Events one slow subscriber may be behind before the oldest are dropped (and counted).
pub(crate) const EVENTS_BEHIND: usize = 4_096;
/// Pieces of a running tool's output that become events, as codex bounds them; the end of the
/// call has all of it.
pub(crate) const OUTPUT_DELTAS_PER_CALL: usize = 10_000;
/// How long a subagent that was stopped is waited for beyond the grace of its commands: longer than
/// `TOOL_END_GRACE`; with the grace of a stage within the second, too.
pub(crate) const SUBAGENT_END_GRACE: Duration = Duration::from_millis(650);
/// Subagents of one session whose conversation is kept, so that they can be given more input.
pub(crate) const SUBAGENTS_OPEN: usize = 32;
/// Subagents of one session whose result is kept.
pub(crate) const SUBAGENTS_KEPT: usize = 256;
/// Messages waiting in the steering or the follow-up queue.
pub(crate) const QUEUED_MESSAGES: usize = 256;
/// Tool calls of one round that run at the same time: a machine has few more cores, and providers ask for few more.
pub(crate) const PARALLEL_TOOL_CALLS: usize = 8;
/// Tool calls of one response; a model that asks for more is malfunctioning.
pub(crate) const TOOL_CALLS_PER_ROUND: usize = 128;
/// Rounds in a row of which no call can be executed, before the session stops: a model that goes
/// on like that after so many explanations only costs money.
pub(crate) const INVALID_TOOL_ROUNDS: u32 = 5;
/// Rounds of tool calls in one stage of a pipeline, where nobody watches: long tasks have taken
/// two hundred; without a bound, a model that goes in circles would spend for ever.
#[cfg(feature = "pipeline")]
pub(crate) const STAGE_TOOL_ROUNDS: u32 = 1_000;
/// Bytes of project instructions in the system prompt (coding-agent-loop-spec 6.5).
pub(crate) const PROJECT_DOC_BYTES: usize = 32 * 1024;
/// How long a git command of the prompt's snapshot may take; the prompt does without it after.
pub(crate) const GIT_TIMEOUT: Duration = Duration::from_secs(5);
/// Characters of the git status and log in the prompt.
pub(crate) const GIT_SNAPSHOT_CHARS: usize = 4_000;
/// Validation problems named in one error to the model; more would only cost tokens.
pub(crate) const VALIDATION_PROBLEMS: usize = 5;
/// Candidate lines listed when an edit is ambiguous.
pub(crate) const EDIT_CANDIDATES: usize = 10;
/// Lines quoted of the nearest candidate when an edit is not found.
pub(crate) const EDIT_QUOTED_LINES: usize = 12;
/// Largest file that is compared overlooking anything: that keeps several bytes for each of its own.
pub(crate) const EDIT_FUZZY_BYTES: usize = 8 * 1024 * 1024;
/// Lines of a file compared when searching the nearest candidate.
pub(crate) const EDIT_COMPARED_LINES: usize = 100_000;
/// Problems of a patch that one error names; more would only cost tokens.
pub(crate) const PATCH_PROBLEMS: usize = 10;
/// Ways to place the hunks of a patch that are compared to see whether they give the same file; few
/// lines are repeated more often than that, and each way costs a copy of the file.
pub(crate) const PATCH_CHOICES: usize = 16;
/// Places of the hunks for one file that are compared, at eight bytes each: as many bytes as the largest
/// file that is read has, and four hundred times what any of 1,500 commits of three repositories needs
/// with one line of context.
pub(crate) const PATCH_PLACES: usize = 8_000_000;
/// Sessions kept for reuse under `full` fidelity; the one used longest ago is closed first.
#[cfg(feature = "pipeline")]
pub(crate) const THREADS_KEPT: usize = 32;
/// Commands that a model keeps running between its calls, as codex bounds them; the one used longest
/// ago is ended first.
pub(crate) const EXEC_SESSIONS: usize = 64;
/// The least and the most that a call waits for the output of such a command, as codex has it: the
/// least gives a quick command time to end, the most keeps the conversation alive.
pub(crate) const EXEC_YIELD: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(30)];
/// How long the call that starts one waits unless it says.
pub(crate) const EXEC_YIELD_DEFAULT: Duration = Duration::from_secs(10);
/// The same for a call that only looks again: often enough to see progress, too seldom to spend a
/// fortune on looking.
pub(crate) const EXEC_POLL: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(300)];
/// Bytes of a page that are fetched: the HTML of the longest pages people write; a converter takes a
/// tenth of a second for it.
#[cfg(feature = "web-fetch")]
pub(crate) const WEB_PAGE_BYTES: usize = 2 * 1024 * 1024;
/// Redirects that are followed for one page; more is a loop.
#[cfg(feature = "web-fetch")]
pub(crate) const WEB_REDIRECTS: usize = 5;
/// How long a page may take with all its redirects: a person would have given up.
#[cfg(feature = "web-fetch")]
pub(crate) const WEB_FETCH_TIMEOUT: Duration = Duration::from_secs(30);
/// Elements within elements of a page that is converted: ten times what pages have, and a fifth of
/// what a worker's stack of 2 MiB takes without optimisation.
#[cfg(feature = "web-fetch")]
pub(crate) const PAGE_DEPTH: usize = 200;
/// Elements of a page's tree, at a hundred bytes or so each.
#[cfg(feature = "web-fetch")]
pub(crate) const PAGE_NODES: usize = 1_000_000;
/// Characters of the longest name of an element that closes by itself.
#[cfg(feature = "web-fetch")]
pub(crate) const LONGEST_IMPLIED_TAG: usize = 8;
/// Characters of a one-line summary of a tool call or its result.
pub(crate) const SUMMARY_CHARS: usize = 120;
/// Characters of each text in a tool call's arguments that a run's journal keeps: nine in ten edits of
/// an agent are whole in it.
#[cfg(feature = "pipeline")]
pub(crate) const ARGUMENT_CHARS: usize = 8 * 1024;
/// Values in a tool call's arguments that a journal keeps: ten times what the largest call of a
/// built-in tool has.
#[cfg(feature = "pipeline")]
pub(crate) const ARGUMENT_VALUES: usize = 200;
/// Characters of a tool's output that a journal keeps: a screen or two; the model's own limit is in
/// the session.
#[cfg(feature = "pipeline")]
pub(crate) const OUTPUT_EXCERPT_CHARS: usize = 4 * 1024;
/// How long a hook around a tool call may take: long enough for a look-up on a slow network, short
/// enough that a hook which hangs doesn't stop a run overnight.
#[cfg(feature = "pipeline")]
pub(crate) const HOOK_TIMEOUT: Duration = Duration::from_secs(60);
/// Bytes of a tool call in a hook's environment: the kernel limits one variable to 128 KiB.
#[cfg(feature = "pipeline")]
pub(crate) const HOOK_VARIABLE_BYTES: usize = 64 * 1024;

/// Directories other than the backend's own whose environments are kept: twice the branches that
/// run at a time by default, with nested ones.
#[cfg(feature = "pipeline")]
pub(crate) const PLACES_KEPT: usize = 32;
/// Bytes of a session's file that a resume reads: far more than any model's window holds in text,
/// and enough for a conversation with hundreds of images.
pub(crate) const SESSION_FILE_BYTES: u64 = 2 * 1024 * 1024 * 1024;

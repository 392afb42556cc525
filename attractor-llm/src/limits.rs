//! Every limit of the crate, with the reason for its number.

use std::time::Duration;

/// The longest tool name: what every provider accepts (unified-llm-spec 5.1).
pub const MAX_TOOL_NAME_CHARS: usize = 64;

/// Time to connect (unified-llm-spec 4.7).
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Time that a connection is kept without a request: shorter than most servers keep theirs.
pub const POOL_IDLE: Duration = Duration::from_secs(90);

/// Time after which a silent connection is asked whether its other end is still there, and between
/// further questions.
pub const KEEPALIVE: Duration = Duration::from_secs(15);

/// Questions without an answer after which a connection counts as broken.
pub const KEEPALIVE_PROBES: u32 = 3;

/// Time for the other end to acknowledge what was sent to it.
pub const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

/// Time for a whole request and reply, or for a stream's headers (unified-llm-spec 4.7).
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(120);

/// Time between the bytes of a stream; providers send a ping at least every 15 s
/// (unified-llm-spec 4.7).
pub const STREAM_READ_TIMEOUT: Duration = Duration::from_secs(30);

/// Time for the rest of a stream that has said why its answer ended, where the protocol has no last
/// event: the usage follows at once, if it follows at all.
pub const STREAM_GRACE: Duration = Duration::from_secs(1);

/// The largest reply read into memory. Generated images come as base64 in the reply; everything
/// else is far below.
pub const MAX_REPLY_BYTES: usize = 64 * 1024 * 1024;

/// The largest error reply that is read; what follows is left unread.
pub const MAX_ERROR_REPLY_BYTES: usize = 1024 * 1024;

/// The largest event of a stream. A single search result of over a megabyte has been seen.
pub const MAX_EVENT_BYTES: usize = 32 * 1024 * 1024;

/// The largest stream: about fifty times what the longest answers take with their framing.
pub const MAX_STREAM_BYTES: usize = 512 * 1024 * 1024;

/// How long a stream's last events wait for the end of the reply, which lets its connection serve the
/// next request: it comes with them or right after, some 40 ms later where the server's system waits
/// for an acknowledgement, or not at all.
pub const STREAM_END_WAIT: Duration = Duration::from_millis(50);

/// Payloads skipped in that time: a gateway adds one or two of another protocol.
pub const MAX_PAYLOADS_AFTER_END: usize = 8;

/// The largest local file that is sent inline; the providers' own limits are about 32 MB a request.
pub const MAX_INLINE_FILE_BYTES: u64 = 32 * 1024 * 1024;

/// How much of a reply that isn't JSON goes into an error's text.
pub const MAX_ERROR_EXCERPT_CHARS: usize = 300;

/// Retries after the first attempt (unified-llm-spec 6.6).
pub const MAX_RETRIES: u32 = 2;

/// The delay before the first retry (unified-llm-spec 6.6).
pub const RETRY_BASE_DELAY: Duration = Duration::from_secs(1);

/// The longest delay, and the longest `Retry-After` that is waited for (unified-llm-spec 6.6).
pub const RETRY_MAX_DELAY: Duration = Duration::from_mins(1);

/// How many times a call executes tools and sends their results back unless told otherwise
/// (unified-llm-spec 4.3).
pub const DEFAULT_TOOL_ROUNDS: usize = 1;

/// Tool calls executed at the same time; models rarely make more than ten, and the rest wait.
pub const MAX_CONCURRENT_TOOL_CALLS: usize = 64;

/// Problems with a value that are told at once; the model mends these first.
pub const MAX_SCHEMA_PROBLEMS: usize = 8;

/// Schemas applied within each other; as deep as JSON itself is read, twice for references.
pub const MAX_SCHEMA_DEPTH: usize = 256;

/// Schemas applied to one value and all in it: ten for each of a hundred thousand values. What is
/// beyond isn't checked.
pub const MAX_SCHEMA_STEPS: usize = 1_000_000;

/// Brackets within brackets of an object that is being streamed: as deep as JSON is read elsewhere.
pub const MAX_PARTIAL_JSON_DEPTH: usize = 128;

/// The largest cassette: it is kept in memory, and a run that exceeds it should be cut in several.
pub const MAX_CASSETTE_BYTES: usize = 512 * 1024 * 1024;

/// Hosts that a shared transport keeps connections to; a client talks to a handful of providers.
pub const MAX_POOLED_HOSTS: usize = 64;

/// How long a cached response is good for unless told otherwise: a working session, not a day.
pub const CACHE_TTL: Duration = Duration::from_hours(1);

/// Responses kept by a cache in memory unless told otherwise.
pub const MAX_CACHED_RESPONSES: usize = 1_000;

/// Bytes of requests and responses kept by a cache in memory unless told otherwise.
pub const MAX_CACHED_BYTES: usize = 64 * 1024 * 1024;

/// The window of "a minute" in limits of requests and tokens a minute.
pub const RATE_WINDOW: Duration = Duration::from_mins(1);

/// How long a call waits for its turn under a rate limit unless told otherwise: as long as a retry
/// would wait.
pub const MAX_RATE_LIMIT_WAIT: Duration = RETRY_MAX_DELAY;

/// Calls remembered for a window of time; ten times what the highest tiers of providers allow. The
/// oldest are forgotten beyond it.
pub const MAX_CALLS_IN_WINDOW: usize = 300_000;

/// Bytes of a request's JSON that count as a token until the provider has counted: English text has
/// about four, code and other languages less.
pub const BYTES_A_TOKEN: u64 = 3;

/// Characters of a text that a trace records when it records content: backends refuse attributes
/// much longer than this.
pub const MAX_TRACED_TEXT_CHARS: usize = 32_768;

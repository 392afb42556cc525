-- Text ids; times are milliseconds since 1970 began in UTC; flags are 0 and 1; JSON is text.

create table projects (
    id text not null primary key,
    name text not null,
    namespace text not null unique,
    github_installation_id text,
    repository text,
    default_branch text,
    concurrency_limit integer,
    created_at integer not null,
    updated_at integer not null
) strict;
create index projects_newest on projects (created_at, id);

create table project_secrets (
    id text not null primary key,
    project_id text not null references projects (id) on delete cascade,
    name text not null,
    provider text not null,
    k8s_secret_name text not null,
    key_mappings text not null,
    key_id text not null,
    sealed blob not null,
    created_at integer not null,
    updated_at integer not null,
    unique (project_id, name)
) strict;
create index project_secrets_newest on project_secrets (project_id, created_at, id);

create table attractor_defs (
    id text not null primary key,
    project_id text not null references projects (id) on delete cascade,
    name text not null,
    repo_path text not null,
    default_run_type text not null check (default_run_type in ('planning', 'implementation', 'task')),
    description text,
    active integer not null,
    model_config text,
    content_version integer not null,
    created_at integer not null,
    updated_at integer not null,
    unique (project_id, name)
) strict;
create index attractor_defs_newest on attractor_defs (project_id, created_at, id);

create table attractor_versions (
    id text not null primary key,
    attractor_id text not null references attractor_defs (id) on delete cascade,
    version integer not null,
    content text not null,
    content_sha256 text not null,
    size_bytes integer not null,
    author text,
    created_at integer not null,
    unique (attractor_id, version)
) strict;

create table runs (
    id text not null primary key,
    project_id text not null references projects (id) on delete cascade,
    attractor_def_id text not null references attractor_defs (id) on delete cascade,
    run_type text not null check (run_type in ('planning', 'implementation', 'task')),
    source_branch text not null,
    target_branch text not null,
    status text not null
        check (status in ('QUEUED', 'RUNNING', 'PAUSED', 'SUCCEEDED', 'FAILED', 'CANCELED', 'TIMEOUT')),
    spec_bundle_id text references spec_bundles (id) on delete set null,
    pr_url text,
    error text,
    model_config text not null,
    attractor_version integer,
    attractor_sha256 text,
    force integer not null,
    rerun_of text references runs (id) on delete set null,
    rerun_from_node text,
    attempt integer not null default 0,
    cost_micro_usd integer not null default 0,
    -- The number of the last event, and of the last entry of the engine's journal among them.
    last_seq integer not null default 0,
    journal_seq integer not null default 0,
    created_at integer not null,
    started_at integer,
    finished_at integer,
    -- While it waits: since when it may be dispatched, and which reason to wait was told last.
    not_before integer not null default 0,
    deferral text,
    -- While it runs: who looks after it, for how long, by which token its runner is known, and what
    -- that is asked to do.
    lease_owner text,
    lease_expires_at integer,
    token_hash blob,
    stop text check (stop in ('pause', 'cancel'))
) strict;
-- The collision rule, and the lock of a branch.
create unique index runs_one_active_per_branch on runs (project_id, target_branch)
    where run_type = 'implementation' and force = 0 and status in ('QUEUED', 'RUNNING', 'PAUSED');
create unique index runs_one_running_per_branch on runs (project_id, target_branch)
    where run_type = 'implementation' and status = 'RUNNING';
create unique index runs_token on runs (token_hash) where token_hash is not null;
create index runs_newest on runs (created_at, id);
create index runs_of_project on runs (project_id, created_at, id);
create index runs_of_status on runs (status, created_at, id);
create index runs_of_project_status on runs (project_id, status);
create index runs_of_branch on runs (project_id, target_branch, run_type, status);
create index runs_of_attractor on runs (attractor_def_id);
create index runs_of_bundle on runs (spec_bundle_id) where spec_bundle_id is not null;
create index runs_reruns on runs (rerun_of) where rerun_of is not null;
create index runs_queue on runs (project_id, created_at, id) where status = 'QUEUED';
create index runs_leases on runs (lease_expires_at) where status = 'RUNNING';

create table spec_bundles (
    id text not null primary key,
    project_id text not null references projects (id) on delete cascade,
    run_id text not null unique references runs (id) on delete cascade,
    schema_version text not null,
    manifest_path text not null,
    created_at integer not null
) strict;
create index spec_bundles_newest on spec_bundles (project_id, created_at, id);

create table run_events (
    run_id text not null references runs (id) on delete cascade,
    seq integer not null,
    id text not null,
    ts integer not null,
    type text not null,
    payload text not null,
    journal_seq integer,
    primary key (run_id, seq)
) strict;
create unique index run_events_journal on run_events (run_id, journal_seq)
    where journal_seq is not null;

create table artifacts (
    id text not null primary key,
    run_id text not null references runs (id) on delete cascade,
    key text not null,
    path text not null,
    content_type text,
    size_bytes integer,
    sha256 text,
    created_at integer not null,
    unique (run_id, key)
) strict;
create index artifacts_oldest on artifacts (run_id, created_at, id);

create table run_questions (
    id text not null primary key,
    run_id text not null references runs (id) on delete cascade,
    key text not null,
    node_id text not null,
    prompt text not null,
    question text not null,
    options text,
    answer text,
    answered_by text,
    status text not null check (status in ('PENDING', 'ANSWERED', 'TIMEOUT')),
    created_at integer not null,
    expires_at integer,
    answered_at integer,
    unique (run_id, key)
) strict;
create index run_questions_oldest on run_questions (run_id, created_at, id);
create index run_questions_pending on run_questions (created_at, id) where status = 'PENDING';

-- Which run a client's key has made, so that a request that is sent twice makes one.
create table idempotency_keys (
    actor text not null,
    key text not null,
    fingerprint text not null,
    run_id text not null references runs (id) on delete cascade deferrable initially deferred,
    created_at integer not null,
    primary key (actor, key)
) strict;
create index idempotency_keys_oldest on idempotency_keys (created_at);
create index idempotency_keys_run on idempotency_keys (run_id);

create table api_tokens (
    id text not null primary key,
    name text not null,
    role text not null check (role in ('viewer', 'operator', 'admin')),
    project_id text references projects (id) on delete cascade,
    hash blob not null unique,
    created_at integer not null,
    expires_at integer,
    last_used_at integer,
    revoked_at integer
) strict;
create index api_tokens_newest on api_tokens (created_at, id);
create index api_tokens_project on api_tokens (project_id) where project_id is not null;

create table web_sessions (
    hash blob not null primary key,
    token_id text not null references api_tokens (id) on delete cascade,
    created_at integer not null,
    expires_at integer not null
) strict;
create index web_sessions_token on web_sessions (token_id);
create index web_sessions_expiry on web_sessions (expires_at);

create table sign_in_links (
    hash blob not null primary key,
    token_id text not null references api_tokens (id) on delete cascade,
    expires_at integer not null
) strict;
create index sign_in_links_token on sign_in_links (token_id);
create index sign_in_links_expiry on sign_in_links (expires_at);

create table used_values (
    hash blob not null primary key,
    expires_at integer not null
) strict;
create index used_values_expiry on used_values (expires_at);

create table settings (
    name text not null primary key,
    value text not null,
    updated_at integer not null
) strict;

-- Without references: what was done to a project is remembered after it.
create table audit_log (
    id text not null primary key,
    created_at integer not null,
    actor text not null,
    action text not null,
    project_id text,
    subject text,
    details text not null
) strict;
create index audit_log_newest on audit_log (created_at, id);
create index audit_log_project on audit_log (project_id, created_at, id);

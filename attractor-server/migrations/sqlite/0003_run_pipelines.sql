-- The text of a pipeline that lies in the repository, as a run's first attempt has found it there.
create table run_pipelines (
    run_id text not null primary key references runs (id) on delete cascade,
    content text not null,
    content_sha256 text not null,
    created_at integer not null
);

-- What its author says about a version.
alter table attractor_versions add column message text;

//! Things by their id or name.

use attractor_core::lint::suggestion;
use serde_json::Value;

use super::show::{self, cell, cells};
use crate::Error;
use crate::client::{CANDIDATES, PREFIX, Remote, RunFilter};
use crate::domain::{ProjectId, RunId};

/// Characters of an id that a server makes.
const ID: usize = 25;

/// Runs that a prefix is looked for in: the newest of months.
const RUNS: usize = 5_000;

/// A project; the only one, if none is named.
pub(crate) async fn project(remote: &Remote, given: Option<&str>) -> Result<Value, Error> {
    let projects = remote.projects().await?;
    match given {
        Some(given) => one("project", given, projects),
        None => only_project(projects),
    }
}

fn only_project(mut projects: Vec<Value>) -> Result<Value, Error> {
    match (projects.pop(), projects.len()) {
        (Some(only), 0) => Ok(only),
        (None, _) => {
            Err(Error::misuse("there is no project")
                .hint("`attractor project create NAME` makes one"))
        }
        (Some(last), _) => {
            projects.push(last);
            let hint = format!("name one with --project: {}", names(&projects));
            Err(Error::misuse("there are several projects").hint(hint))
        }
    }
}

pub(crate) async fn attractor(
    remote: &Remote,
    project: &ProjectId,
    given: &str,
) -> Result<Value, Error> {
    one("attractor", given, remote.attractors(project).await?)
}

pub(crate) async fn secret(
    remote: &Remote,
    project: &ProjectId,
    given: &str,
) -> Result<Value, Error> {
    one("secret", given, remote.secrets(project).await?)
}

/// A run, by its id or the beginning of it.
pub(crate) async fn run(remote: &Remote, given: &str) -> Result<RunId, Error> {
    if given.len() >= ID {
        return Ok(given.parse()?);
    }
    if given.chars().count() < PREFIX {
        let message = format!(
            "{given:?} is too short: a run is named by its first {PREFIX} characters or more"
        );
        return Err(Error::misuse(message).hint("`attractor runs list` shows them"));
    }
    let mut runs = remote.runs(&RunFilter::default(), RUNS).await?;
    runs.retain(|run| run["id"].as_str().is_some_and(|id| id.starts_with(given)));
    match runs.as_slice() {
        [run] => show::id(run),
        [] => Err(Error::misuse(format!("there is no run {given:?}"))
            .hint("`attractor runs list` shows those that there are")),
        several => {
            let ids = several.iter().map(|run| cell(run, "id"));
            let hint = format!("say more of it: {}", listed(ids.collect()));
            let message = format!("the ids of {} runs begin with {given:?}", several.len());
            Err(Error::misuse(message).hint(hint))
        }
    }
}

/// The one of these things that has an id or a name.
pub(crate) fn one(kind: &str, given: &str, things: Vec<Value>) -> Result<Value, Error> {
    let has = |thing: &&Value, field: &str| thing[field] == given;
    if let Some(thing) = things.iter().find(|thing| has(thing, "id")) {
        return Ok(thing.clone());
    }
    let named: Vec<&Value> = things.iter().filter(|thing| has(thing, "name")).collect();
    match named.as_slice() {
        [thing] => Ok((*thing).clone()),
        [] => Err(unknown(kind, given, &things)),
        several => {
            let ids = several.iter().map(|thing| cell(thing, "id"));
            let hint = format!("name one by its id: {}", listed(ids.collect()));
            let message = format!("{} {kind}s are called {given:?}", several.len());
            Err(Error::misuse(message).hint(hint))
        }
    }
}

fn unknown(kind: &str, given: &str, things: &[Value]) -> Error {
    let error = Error::misuse(format!("there is no {kind} {given:?}"));
    let known = || things.iter().filter_map(|thing| thing["name"].as_str());
    let lower = given.to_lowercase();
    let mut near: Vec<&str> = known()
        .filter(|name| name.to_lowercase().contains(&lower))
        .collect();
    near.extend(suggestion(given, known()).filter(|name| !near.contains(name)));
    match (near.is_empty(), things.is_empty()) {
        (_, true) => error.hint(format!("there are no {kind}s that the token sees")),
        (true, _) => error.hint(format!("the {kind}s are {}", names(things))),
        (false, _) => {
            let near = near.into_iter().map(show::harmless);
            error.hint(format!("did you mean {}?", listed(near.collect())))
        }
    }
}

fn names(things: &[Value]) -> String {
    listed(cells(things, "name"))
}

/// A few of them.
fn listed(mut names: Vec<String>) -> String {
    let more = names.len().saturating_sub(CANDIDATES);
    names.truncate(CANDIDATES);
    let listed = names.join(", ");
    match more {
        0 => listed,
        more => format!("{listed} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn things() -> Vec<Value> {
        vec![
            json!({"id": "c1", "name": "factory"}),
            json!({"id": "c2", "name": "twin"}),
            json!({"id": "c3", "name": "twin"}),
            json!({"id": "twin", "name": "odd"}),
            json!({"id": "c5", "name": "evil\u{1b}[2J"}),
        ]
    }

    fn hint(given: &str) -> String {
        let error = one("project", given, things()).unwrap_err();
        format!("{error}; {}", error.advice().unwrap())
    }

    #[test]
    fn an_id_goes_before_a_name() {
        assert_eq!(one("project", "c1", things()).unwrap()["name"], "factory");
        assert_eq!(one("project", "factory", things()).unwrap()["id"], "c1");
        assert_eq!(one("project", "twin", things()).unwrap()["name"], "odd");
    }

    #[test]
    fn what_fits_several_or_none_names_those_that_may_be_meant() {
        let mut twins = things();
        twins.retain(|thing| thing["id"] != "twin");
        let error = one("project", "twin", twins).unwrap_err();
        assert_eq!(error.to_string(), "2 projects are called \"twin\"");
        assert_eq!(error.advice().unwrap(), "name one by its id: c2, c3");
        assert_eq!(
            hint("factroy"),
            "there is no project \"factroy\"; did you mean factory?"
        );
        assert_eq!(
            hint("FACT"),
            "there is no project \"FACT\"; did you mean factory?"
        );
        assert_eq!(
            hint("something else"),
            "there is no project \"something else\"; the projects are factory, twin, twin, odd, evil"
        );
        let none = one("project", "x", vec![]).unwrap_err();
        assert_eq!(
            none.advice().unwrap(),
            "there are no projects that the token sees"
        );
    }

    #[test]
    fn a_project_needs_no_name_where_there_is_one() {
        assert!(only_project(things()).is_err());
        assert!(only_project(vec![]).is_err());
        assert_eq!(only_project(things()[..1].to_vec()).unwrap()["id"], "c1");
    }
}

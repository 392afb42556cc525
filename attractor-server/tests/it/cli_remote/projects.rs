use serde_json::json;

use super::desk::{Desk, stable};

#[tokio::test]
async fn a_project_is_made_changed_shown_and_deleted() {
    let desk = Desk::start().await;
    let repository = "https://github.com/owner/name.git";
    let made = desk.prints(&[
        "project",
        "create",
        "Second",
        "--repository",
        repository,
        "--branch",
        "trunk",
        "--limit",
        "2",
    ]);
    insta::assert_snapshot!(stable(&desk, &made), @r#"
    id            [id]
    name          Second
    namespace     factory-proj-second
    repository    owner/name
    branch        trunk
    installation  -
    limit         2
    created       [moment]
    "#);
    let shown = desk.json(&["project", "show", "Second"]);
    assert_eq!(shown["concurrencyLimit"], 2);
    assert_eq!(shown["defaultBranch"], "trunk");
    let id = shown["id"].as_str().unwrap();
    let changed = desk.json(&["project", "set", id, "--name", "Other", "--limit", "none"]);
    assert_eq!(
        (&changed["name"], &changed["concurrencyLimit"]),
        (&json!("Other"), &json!(null))
    );
    let list = desk.prints(&["project", "list"]);
    let rows: Vec<Vec<&str>> = list
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(rows[0][..], [id, "Other", "owner/name", "trunk"]);
    assert_eq!((rows.len(), rows[1][1]), (2, "Plant"));
    assert_eq!(
        desk.json(&["project", "list"])["projects"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    desk.types(&["project", "set", "Other"])
        .exits(2)
        .says(&["there is nothing to change"]);
    desk.types(&["project", "delete", "Other"])
        .exits(2)
        .says(&["can't be taken back", "--yes"]);
    assert_eq!(
        desk.prints(&["project", "delete", "Other", "--yes"]),
        "deleted Other\n"
    );
    desk.types(&["project", "show", id]).exits(2);
}

#[tokio::test]
async fn a_project_is_connected_to_a_repository_on_github() {
    let desk = Desk::start().await;
    let connected = desk.json(&[
        "project",
        "connect",
        "Plant",
        "owner/name",
        "--installation",
        "42",
        "--branch",
        "main",
    ]);
    assert_eq!(connected["repoFullName"], "owner/name");
    assert_eq!(connected["githubInstallationId"], "42");
}

#[tokio::test]
async fn a_project_that_can_not_be_set_up_is_not_made() {
    let desk = Desk::start().await;
    let create = ["project", "create", "Half", "--repository", "/etc"];
    // The second time is like the first.
    for _ in 0..2 {
        desk.types(&create)
            .exits(2)
            .says(&["\"/etc\" isn't a directory below"]);
    }
    let projects = desk.prints(&["project", "list"]);
    assert!(!projects.contains("Half"), "{projects}");
}

#[tokio::test]
async fn a_repository_may_be_named_from_where_the_user_is() {
    let desk = Desk::start().await;
    let create = [
        "project",
        "create",
        "Here",
        "--repository",
        "../origin",
        "--branch",
        "main",
    ];
    let made = desk.json(&create);
    let origin = desk.plant.origin().canonicalize().unwrap();
    assert_eq!(made["repository"], origin.to_str().unwrap());
}

use super::desk::Desk;

#[tokio::test]
async fn what_is_named_wrongly_is_answered_with_what_may_be_meant() {
    let desk = Desk::start().await;
    desk.push("build", super::desk::GATE);
    desk.types(&["project", "show", "Plnat"])
        .exits(2)
        .says(&["there is no project \"Plnat\"", "did you mean Plant?"]);
    desk.types(&["attractor", "show", "biuld"])
        .exits(2)
        .says(&["there is no attractor \"biuld\"", "did you mean build?"]);
    desk.types(&["attractor", "show", "zzzzzz"])
        .exits(2)
        .says(&["the attractors are build"]);
    desk.types(&["secret", "delete", "x", "--yes"])
        .exits(2)
        .says(&["there are no secrets"]);
    desk.types(&["secret", "set", "x", "--provider", "antropic"])
        .exits(2)
        .says(&["did you mean anthropic?"]);
    desk.types(&["runs", "show", "cabc"])
        .exits(2)
        .says(&["too short"]);
    desk.types(&["runs", "show", "cabcdefgh"])
        .exits(2)
        .says(&["there is no run \"cabcdefgh\""]);
    let unknown = desk
        .types(&["runs", "show", &"c".repeat(25), "--json"])
        .exits(2);
    let error: serde_json::Value = serde_json::from_str(&unknown.stdout).unwrap();
    assert_eq!(error["server"]["status"], 404);
    assert_eq!(error["server"]["code"], "not_found");
}

#[tokio::test]
async fn of_several_projects_one_must_be_named() {
    let desk = Desk::start().await;
    let namespaces = ["one", "two"];
    for namespace in namespaces {
        let namespace = format!("factory-{namespace}");
        desk.types(&["project", "create", "Twin", "--namespace", &namespace])
            .exits(0);
    }
    desk.types(&["attractor", "list"])
        .exits(2)
        .says(&["there are several projects", "--project: Twin, Twin, Plant"]);
    let twins = desk.types(&["attractor", "list", "--project", "Twin"]);
    twins
        .exits(2)
        .says(&["2 projects are called \"Twin\"", "name one by its id: c"]);
    assert_eq!(desk.prints(&["attractor", "list", "-p", "Plant"]), "");
}

#[tokio::test]
async fn a_run_is_named_by_what_its_id_begins_with() {
    let desk = Desk::start().await;
    let first = desk.begin("build", super::desk::GATE);
    let shown = desk.json(&["runs", "show", &first[..24]]);
    assert_eq!(shown["id"], first.as_str());
    let second = desk.prints(&["runs", "start", "build", "--to", "other"]);
    let both = first
        .chars()
        .zip(second.chars())
        .take_while(|(one, other)| one == other)
        .count();
    if both >= 6 {
        desk.types(&["runs", "show", &first[..both]])
            .exits(2)
            .says(&["the ids of 2 runs begin with", &first]);
    }
}

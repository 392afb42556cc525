use super::Open;
use super::world::World;
use crate::domain::{
    AttractorId, ErrorKind, NewAttractor, NewAttractorVersion, PageRequest, ProjectId, RunType,
};

pub(super) async fn suite(open: Open) {
    let world = World::new(open().await, "attractors").await;
    keeps_what_an_attractor_is(&world).await;
    versions_follow_each_other(&world).await;
    deletes_what_has_no_runs(&world).await;
}

pub(super) fn new(world: &World, name: &str) -> NewAttractor {
    NewAttractor {
        project_id: world.project.id.clone(),
        name: name.to_owned(),
        repo_path: "a.dot".to_owned().try_into().unwrap(),
        default_run_type: RunType::Task,
        description: Some("what it is for".to_owned()),
        active: false,
        model_config: Some(world.new_run(RunType::Task, "x").model_config),
    }
}

pub(super) fn text(content: &str, expected: Option<i64>) -> NewAttractorVersion {
    NewAttractorVersion {
        content: content.to_owned(),
        // The store takes the hash as it is given.
        content_sha256: format!("sha256 of {content}"),
        author: Some("ann".to_owned()),
        message: Some(format!("says {content}")),
        expected_version: expected,
    }
}

async fn keeps_what_an_attractor_is(world: &World) {
    let (store, project) = (&world.store, &world.project.id);
    let made = store
        .create_attractor(new(world, "kept"), None)
        .await
        .unwrap();
    assert_eq!((made.content_version, made.active), (0, false));
    assert_eq!(store.attractor(project, &made.id).await.unwrap(), made);
    let other = store
        .attractor(&ProjectId::new(), &made.id)
        .await
        .unwrap_err();
    assert_eq!(other.kind(), ErrorKind::NotFound, "it's another project's");
    let taken = store
        .create_attractor(new(world, "kept"), None)
        .await
        .unwrap_err();
    assert_eq!(
        (taken.kind(), taken.code()),
        (ErrorKind::Conflict, "name_taken")
    );
    let mut changed = new(world, "kept");
    changed.model_config = None;
    changed.active = true;
    let changed = store.upsert_attractor(changed).await.unwrap();
    assert_eq!((&changed.id, changed.active), (&made.id, true));
    assert_eq!(changed.model_config, None);
    let taken = store
        .change_attractor(&made.id, new(world, "factory"), None)
        .await
        .unwrap_err();
    assert_eq!(taken.code(), "name_taken");
    let page = store
        .attractors(project, &PageRequest::default())
        .await
        .unwrap();
    assert_eq!(page.items, [changed, world.attractor.clone()]);
    let mut nowhere = new(world, "nowhere");
    nowhere.project_id = ProjectId::new();
    let nowhere = store.create_attractor(nowhere, None).await.unwrap_err();
    assert_eq!(nowhere.kind(), ErrorKind::NotFound);
}

async fn versions_follow_each_other(world: &World) {
    let store = &world.store;
    let made = store
        .create_attractor(new(world, "text"), Some(text("one", None)))
        .await
        .unwrap();
    assert_eq!(made.content_version, 1);
    let change = async |content| {
        store
            .change_attractor(&made.id, new(world, "text"), content)
            .await
    };
    let same = change(Some(text("one", Some(1)))).await.unwrap();
    assert_eq!(same.content_version, 1, "the same text is no version");
    let second = change(Some(text("two", Some(1)))).await.unwrap();
    assert_eq!(second.content_version, 2);
    let refused = change(Some(text("three", Some(1)))).await.unwrap_err();
    assert_eq!(
        (refused.kind(), refused.code()),
        (ErrorKind::Conflict, "version_conflict")
    );
    change(Some(text("one", None))).await.unwrap();
    let request = PageRequest::new(Some(2), None).unwrap();
    let page = store.attractor_versions(&made.id, &request).await.unwrap();
    assert_eq!(
        page.items.iter().map(|it| it.version).collect::<Vec<_>>(),
        [3, 2]
    );
    let request = PageRequest::new(Some(2), page.next.as_deref()).unwrap();
    let rest = store.attractor_versions(&made.id, &request).await.unwrap();
    assert_eq!(
        rest.items.iter().map(|it| it.version).collect::<Vec<_>>(),
        [1]
    );
    let (version, content) = store.attractor_version(&made.id, 2).await.unwrap();
    assert_eq!((content.as_str(), version.size_bytes), ("two", 3));
    assert_eq!(version.author.as_deref(), Some("ann"));
    assert_eq!(version.message.as_deref(), Some("says two"));
    let none = store.attractor_version(&made.id, 9).await.unwrap_err();
    assert_eq!(none.kind(), ErrorKind::NotFound);
}

async fn deletes_what_has_no_runs(world: &World) {
    let (store, project) = (&world.store, &world.project.id);
    world.queue(1).await;
    let used = store
        .delete_attractor(project, &world.attractor.id)
        .await
        .unwrap_err();
    assert_eq!(
        (used.kind(), used.code()),
        (ErrorKind::Conflict, "attractor_in_use")
    );
    let made = store
        .create_attractor(new(world, "gone"), Some(text("x", None)))
        .await
        .unwrap();
    store.delete_attractor(project, &made.id).await.unwrap();
    let none = store
        .delete_attractor(project, &AttractorId::new())
        .await
        .unwrap_err();
    assert_eq!(none.kind(), ErrorKind::NotFound);
}

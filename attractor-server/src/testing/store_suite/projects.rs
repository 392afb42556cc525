use super::Open;
use super::world::{World, at, branch, event, new_project};
use crate::domain::{
    ErrorKind, PageRequest, ProjectChange, ProjectId, Repository, Transition, event_type,
};
use crate::store::Store;

pub(super) async fn suite(open: Open) {
    let store = open().await;
    keeps_what_a_project_is(&*store).await;
    namespaces_are_taken_once(&*store).await;
    lists_in_pages(&*store).await;
    deletes_what_is_idle(open).await;
}

async fn keeps_what_a_project_is(store: &dyn Store) {
    let made = store.create_project(new_project("Keeps")).await.unwrap();
    assert_eq!(made.namespace.as_str(), "factory-proj-keeps");
    assert_eq!(store.project(&made.id).await.unwrap(), made);
    let repository = Repository::try_from("owner/name".to_owned()).unwrap();
    let change = ProjectChange {
        repository: Some(Some(repository.clone())),
        default_branch: Some(Some(branch("main"))),
        github_installation_id: Some(Some("7".to_owned())),
        concurrency_limit: Some(Some(3)),
        ..ProjectChange::default()
    };
    let changed = store.change_project(&made.id, change).await.unwrap();
    assert_eq!(changed.repo_full_name.as_deref(), Some("owner/name"));
    assert_eq!(changed.repository, Some(repository));
    assert_eq!(changed.concurrency_limit, Some(3));
    assert_eq!(changed.name, "Keeps", "what isn't said stays");
    let change = ProjectChange {
        github_installation_id: Some(None),
        ..ProjectChange::default()
    };
    let changed = store.change_project(&made.id, change).await.unwrap();
    assert_eq!(changed.github_installation_id, None);
    assert_eq!(store.project(&made.id).await.unwrap(), changed);
    let none = store.project(&ProjectId::new()).await.unwrap_err();
    assert_eq!(none.kind(), ErrorKind::NotFound);
}

async fn namespaces_are_taken_once(store: &dyn Store) {
    let first = store.create_project(new_project("Once")).await.unwrap();
    let refused = store.create_project(new_project("once")).await.unwrap_err();
    assert_eq!(
        (refused.kind(), refused.code()),
        (ErrorKind::Conflict, "namespace_taken")
    );
    let mut new = new_project("Once");
    new.name = "Renamed".to_owned();
    let change = ProjectChange {
        default_branch: Some(Some(branch("trunk"))),
        ..ProjectChange::default()
    };
    let same = store.upsert_project(new, change).await.unwrap();
    assert_eq!((&same.id, same.name.as_str()), (&first.id, "Renamed"));
    assert_eq!(same.default_branch, Some(branch("trunk")));
    let change = ProjectChange::default();
    let other = store
        .upsert_project(new_project("Another"), change)
        .await
        .unwrap();
    assert_ne!(other.id, first.id);
}

async fn lists_in_pages(store: &dyn Store) {
    for n in 0..5 {
        store
            .create_project(new_project(&format!("page {n}")))
            .await
            .unwrap();
    }
    let all = store.projects(None, &PageRequest::default()).await.unwrap();
    assert!(all.next.is_none());
    let mut seen = Vec::new();
    let mut cursor = None;
    loop {
        let request = PageRequest::new(Some(2), cursor.as_deref()).unwrap();
        let page = store.projects(None, &request).await.unwrap();
        assert!(page.items.len() <= 2);
        seen.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, all.items, "pages have all items once, in order");
    assert_eq!(seen[0].name, "page 4", "the newest is first");
    let only = store
        .projects(Some(&seen[1].id), &PageRequest::default())
        .await
        .unwrap();
    assert_eq!(only.items, seen[1..2]);
}

async fn deletes_what_is_idle(open: Open) {
    let world = World::new(open().await, "Deleted").await;
    let (store, project) = (&world.store, &world.project.id);
    let run = world.queue(1).await;
    let refused = store.delete_project(project).await.unwrap_err();
    assert_eq!(
        (refused.kind(), refused.code()),
        (ErrorKind::Conflict, "run_active")
    );
    let change = super::world::change(Transition::Cancel, 2);
    store.change_run(&run.id, change).await.unwrap();
    store
        .append(&run.id, vec![event(event_type::CANCELED, 3)])
        .await
        .unwrap();
    store.delete_project(project).await.unwrap();
    assert_eq!(
        store.run(&run.id).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
    assert!(store.events(&run.id, 0, 10).await.unwrap().is_empty());
    let again = store.delete_project(project).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::NotFound);
    assert!(at(0) < at(1));
}

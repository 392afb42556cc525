use super::Open;
use super::world::{World, change, event, fenced};
use crate::domain::{
    ArtifactKey, ErrorKind, NewArtifact, NewRun, PageRequest, RunPipeline, RunType, Transition,
    event_type,
};
use crate::store::Fence;

pub(super) async fn suite(open: Open) {
    let world = World::new(open().await, "outputs").await;
    artifacts_are_kept_by_key(&world).await;
    a_bundle_is_kept_while_it_is_needed(&world).await;
    a_pipeline_of_the_repository_is_kept_with_its_run(&world).await;
}

fn artifact(key: &str, sha256: &str) -> NewArtifact {
    NewArtifact {
        key: ArtifactKey::try_from(key.to_owned()).unwrap(),
        path: format!("p/{key}"),
        content_type: "text/markdown".to_owned(),
        size_bytes: 5,
        sha256: sha256.to_owned(),
    }
}

async fn artifacts_are_kept_by_key(world: &World) {
    let run = world.running(1).await.run.id;
    let store = &world.store;
    let put = async |fence, new| store.put_artifact(&run, Fence(fence), new).await;
    let plan = put(1, artifact("plan.md", "one")).await.unwrap();
    let other = put(1, artifact("other.md", "two")).await.unwrap();
    let again = put(1, artifact("plan.md", "three")).await.unwrap();
    assert_eq!(
        (&again.id, again.sha256.as_deref()),
        (&plan.id, Some("three"))
    );
    assert_eq!(store.artifact(&run, &plan.id).await.unwrap(), again);
    let page = store
        .artifacts(&run, &PageRequest::default())
        .await
        .unwrap();
    assert_eq!(page.items.len(), 2);
    assert!(page.items.contains(&other) && page.items.contains(&again));
    let stale = put(2, artifact("plan.md", "four")).await.unwrap_err();
    assert_eq!(
        (stale.kind(), stale.code()),
        (ErrorKind::Conflict, "stale_attempt")
    );
    store
        .change_run(&run, fenced(Transition::Succeed, 1, 2))
        .await
        .unwrap();
    let late = put(1, artifact("plan.md", "five")).await.unwrap_err();
    assert_eq!(late.code(), "stale_attempt");
}

async fn a_bundle_is_kept_while_it_is_needed(world: &World) {
    let planning = world.running(1).await.run.id;
    let store = &world.store;
    let bundle = store
        .create_bundle(&planning, Fence(1), "p/manifest.json")
        .await
        .unwrap();
    let again = store
        .create_bundle(&planning, Fence(1), "q/manifest.json")
        .await
        .unwrap();
    assert_eq!(again, bundle, "a run has one");
    let project = world.project.id.clone();
    assert_eq!(
        store.bundle(&bundle.id).await.unwrap(),
        (bundle.clone(), project.clone())
    );
    assert_eq!(
        store.bundle_of(&planning).await.unwrap(),
        Some(bundle.clone())
    );
    let page = store
        .bundles(&project, &PageRequest::default())
        .await
        .unwrap();
    assert_eq!(page.items, std::slice::from_ref(&bundle));
    let mut succeed = fenced(Transition::Succeed, 1, 2);
    succeed.spec_bundle_id = Some(bundle.id.clone());
    let done = store.change_run(&planning, succeed).await.unwrap();
    assert_eq!(done.spec_bundle_id.as_ref(), Some(&bundle.id));
    let new = NewRun {
        spec_bundle_id: Some(bundle.id.clone()),
        ..world.new_run(RunType::Implementation, "work")
    };
    let user = store
        .create_run(new, event(event_type::QUEUED, 3), None)
        .await
        .unwrap();
    let used = store.delete_run(&planning).await.unwrap_err();
    assert_eq!(
        (used.kind(), used.code()),
        (ErrorKind::Conflict, "bundle_in_use")
    );
    store
        .change_run(&user.id, change(Transition::Cancel, 4))
        .await
        .unwrap();
    store.delete_run(&planning).await.unwrap();
    assert_eq!(store.run(&user.id).await.unwrap().spec_bundle_id, None);
    assert_eq!(
        store.bundle(&bundle.id).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
}

async fn a_pipeline_of_the_repository_is_kept_with_its_run(world: &World) {
    let run = world.running(50).await.run.id;
    let store = &world.store;
    let pipeline = |sum: &str| RunPipeline {
        content: "digraph \"ä\u{1f980}\" {}\n".to_owned(),
        content_sha256: sum.to_owned(),
    };
    assert_eq!(store.run_pipeline(&run).await.unwrap(), None);
    let keep = async |fence, sum| {
        store
            .keep_run_pipeline(&run, Fence(fence), pipeline(sum))
            .await
    };
    for _ in 0..2 {
        keep(1, "one").await.unwrap();
    }
    let other = keep(1, "two").await.unwrap_err();
    assert_eq!(
        (other.kind(), other.code()),
        (ErrorKind::Conflict, "pipeline_kept")
    );
    assert_eq!(keep(2, "one").await.unwrap_err().code(), "stale_attempt");
    let kept = store.run_pipeline(&run).await.unwrap();
    assert_eq!(kept, Some(pipeline("one")));
    let sum = store.run(&run).await.unwrap().attractor_sha256;
    assert_eq!(sum.as_deref(), Some("one"));
    store
        .change_run(&run, fenced(Transition::Fail, 1, 51))
        .await
        .unwrap();
    // Who repeats it executes the same, also when the first is gone.
    let again = NewRun {
        attractor_sha256: sum,
        rerun_of: Some(run.clone()),
        ..world.new_run(RunType::Task, "none")
    };
    let queued = event(event_type::QUEUED, 52);
    let again = store.create_run(again, queued, None).await.unwrap().id;
    store.delete_run(&run).await.unwrap();
    assert_eq!(store.run_pipeline(&run).await.unwrap(), None);
    assert_eq!(store.run_pipeline(&again).await.unwrap(), kept);
    store
        .change_run(&again, change(Transition::Cancel, 53))
        .await
        .unwrap();
    let of_version = NewRun {
        attractor_version: Some(1),
        ..world.new_run(RunType::Task, "none")
    };
    let queued = event(event_type::QUEUED, 54);
    let of_version = store.create_run(of_version, queued, None).await.unwrap().id;
    let leased = world.claim(54).await.unwrap().run;
    assert_eq!(leased.id, of_version);
    let refused = store.keep_run_pipeline(&leased.id, Fence(1), pipeline("one"));
    assert_eq!(refused.await.unwrap_err().code(), "pipeline_kept");
}

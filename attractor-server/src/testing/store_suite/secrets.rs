use std::collections::BTreeMap;

use super::Open;
use super::world::World;
use crate::domain::{ErrorKind, NewSecret, PageRequest, ProjectId};
use crate::store::SealedValues;

pub(super) async fn suite(open: Open) {
    let world = World::new(open().await, "secrets").await;
    let (store, project) = (&world.store, &world.project.id);
    let first = store
        .put_secret(new(project, "b", "openai"), sealed("k1", 1))
        .await
        .unwrap();
    let again = store
        .put_secret(new(project, "b", "anthropic"), sealed("k1", 2))
        .await
        .unwrap();
    assert_eq!(
        (&again.id, again.provider.as_str()),
        (&first.id, "anthropic")
    );
    assert_eq!(store.secret(project, &first.id).await.unwrap(), again);
    let other = store
        .put_secret(new(project, "a", "x"), sealed("k2", 3))
        .await
        .unwrap();
    let page = store
        .secrets(project, &PageRequest::default())
        .await
        .unwrap();
    assert_eq!(page.items, [other.clone(), again.clone()]);
    let all = store.sealed_secrets(project).await.unwrap();
    assert_eq!(
        all,
        [
            (other.clone(), sealed("k2", 3)),
            (again.clone(), sealed("k1", 2))
        ]
    );
    let old = store.secrets_not_sealed_with("k2", 10).await.unwrap();
    assert_eq!(old, [(again.clone(), sealed("k1", 2))]);
    store
        .reseal_secret(&again.id, &sealed("k1", 1), sealed("k2", 9))
        .await
        .unwrap();
    let old = store.secrets_not_sealed_with("k2", 10).await.unwrap();
    assert_eq!(old.len(), 1, "it isn't what it was sealed as any more");
    store
        .reseal_secret(&again.id, &sealed("k1", 2), sealed("k2", 4))
        .await
        .unwrap();
    assert!(
        store
            .secrets_not_sealed_with("k2", 10)
            .await
            .unwrap()
            .is_empty()
    );
    let hidden = store
        .delete_secret(&ProjectId::new(), &other.id)
        .await
        .unwrap_err();
    assert_eq!(hidden.kind(), ErrorKind::NotFound);
    store.delete_secret(project, &other.id).await.unwrap();
    let gone = store.secret(project, &other.id).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
}

fn new(project: &ProjectId, name: &str, provider: &str) -> NewSecret {
    NewSecret {
        project_id: project.clone(),
        name: name.to_owned(),
        provider: provider.to_owned(),
        k8s_secret_name: format!("factory-secret-{name}"),
        key_mappings: BTreeMap::from([("apiKey".to_owned(), "KEY".to_owned())]),
    }
}

fn sealed(key_id: &str, byte: u8) -> SealedValues {
    SealedValues {
        key_id: key_id.to_owned(),
        bytes: vec![byte, 0, 255],
    }
}

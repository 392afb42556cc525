use serde_json::json;

use super::Open;
use super::world::{World, at};
use crate::domain::{
    ApiToken, ErrorKind, NewAuditEntry, NewToken, PageRequest, ProjectId, Role, TokenId,
};
use crate::store::{NewWebSession, SignInLink};

pub(super) async fn suite(open: Open) {
    let world = World::new(open().await, "people").await;
    tokens_are_known_by_their_hash(&world).await;
    sessions_end_with_their_token(&world).await;
    what_may_be_used_once_is(&world).await;
    settings_are_kept(&world).await;
    what_was_done_is_remembered(&world).await;
    world.store.ping().await.unwrap();
}

async fn token(world: &World, hash: &[u8], project: Option<&ProjectId>) -> ApiToken {
    let new = NewToken {
        name: "ci".to_owned(),
        role: Role::Operator,
        project_id: project.cloned(),
        expires_at: Some(at(100)),
        hash: hash.to_vec(),
    };
    world.store.create_token(new).await.unwrap()
}

async fn tokens_are_known_by_their_hash(world: &World) {
    let store = &world.store;
    let made = token(world, b"one", Some(&world.project.id)).await;
    let found = async |seconds| store.token_by_hash(b"one", at(seconds)).await.unwrap();
    assert_eq!(found(99).await.as_ref(), Some(&made));
    assert_eq!(found(100).await, None, "it's over");
    assert_eq!(store.token_by_hash(b"two", at(0)).await.unwrap(), None);
    for (seconds, noted) in [(1, 1), (60, 1), (61, 61)] {
        store.touch_token(&made.id, at(seconds)).await.unwrap();
        let used = store.token(&made.id).await.unwrap().last_used_at;
        assert_eq!(used, Some(at(noted)), "at most once a minute");
    }
    let ids = [TokenId::new(), made.id.clone(), TokenId::new()];
    let good = async |seconds| store.good_tokens(&ids, at(seconds)).await.unwrap();
    let expected = std::slice::from_ref(&made.id);
    assert_eq!(good(99).await, expected, "the others aren't there");
    assert_eq!(good(100).await, [], "it's over");
    let revoked = store.revoke_token(&made.id, at(70)).await.unwrap();
    assert_eq!(good(75).await, []);
    assert_eq!(revoked.revoked_at, Some(at(70)));
    assert_eq!(store.revoke_token(&made.id, at(80)).await.unwrap(), revoked);
    assert_eq!(found(75).await, None);
    let page = store.tokens(&PageRequest::default()).await.unwrap();
    assert_eq!(page.items, [revoked]);
}

async fn sessions_end_with_their_token(world: &World) {
    let store = &world.store;
    let made = token(world, b"session", None).await;
    let create = async |hash: &[u8], from, to| {
        let new = NewWebSession {
            hash: hash.to_vec(),
            token_id: made.id.clone(),
            created_at: at(from),
            expires_at: at(to),
        };
        store.create_session(new).await.unwrap();
    };
    let is_there = async |hash: &[u8], seconds| {
        let session = store.session(hash, at(seconds)).await.unwrap();
        session.is_some_and(|it| it.token == made)
    };
    create(b"a", 0, 50).await;
    create(b"b", 0, 90).await;
    create(b"c", 0, 200).await;
    assert!(is_there(b"a", 49).await && !is_there(b"a", 50).await);
    assert!(
        is_there(b"c", 99).await && !is_there(b"c", 100).await,
        "the token is over"
    );
    store.delete_session(b"b").await.unwrap();
    assert!(!is_there(b"b", 1).await);
    store.revoke_token(&made.id, at(2)).await.unwrap();
    assert!(!is_there(b"a", 3).await);
}

async fn what_may_be_used_once_is(world: &World) {
    let store = &world.store;
    let made = token(world, b"links", None).await;
    for (hash, expires) in [(b"a", 10), (b"b", 20)] {
        let link = SignInLink {
            hash: hash.to_vec(),
            token_id: made.id.clone(),
            expires_at: at(expires),
        };
        store.create_sign_in_link(link, at(0)).await.unwrap();
    }
    let take =
        async |hash: &[u8], seconds| store.take_sign_in_link(hash, at(seconds)).await.unwrap();
    assert_eq!(take(b"a", 10).await, None, "it's over");
    assert_eq!(take(b"b", 10).await, Some(made.id.clone()));
    assert_eq!(take(b"b", 10).await, None, "it's used up");
    let once = async |seconds| {
        store
            .use_once(b"nonce", at(seconds), at(seconds + 10))
            .await
            .unwrap()
    };
    assert!(once(0).await && !once(5).await);
    assert!(once(10).await, "what is over is forgotten");
}

async fn settings_are_kept(world: &World) {
    let store = &world.store;
    assert_eq!(store.setting("a").await.unwrap(), None);
    for value in [json!({ "x": [1, null] }), json!("two")] {
        store.put_setting("a", value.clone()).await.unwrap();
        assert_eq!(store.setting("a").await.unwrap(), Some(value));
    }
}

async fn what_was_done_is_remembered(world: &World) {
    let store = &world.store;
    let entry = async |action: &str, project: Option<&ProjectId>, seconds| {
        let new = NewAuditEntry {
            actor: "ann".to_owned(),
            action: action.to_owned(),
            project_id: project.cloned(),
            subject: None,
            details: json!({}),
        };
        store.record(new, at(seconds)).await.unwrap()
    };
    let first = entry("project.create", Some(&world.project.id), 1).await;
    let second = entry("sign_in", None, 2).await;
    let all = store.audit(None, &PageRequest::default()).await.unwrap();
    assert_eq!(all.items, [second, first.clone()]);
    store.delete_project(&world.project.id).await.unwrap();
    let of_project = store
        .audit(Some(&world.project.id), &PageRequest::default())
        .await
        .unwrap();
    assert_eq!(of_project.items, [first], "longer than the project");
    let gone = store.project(&world.project.id).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
}

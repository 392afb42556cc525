#![expect(clippy::unwrap_used, reason = "a suite fails by panicking")]

use bytes::Bytes;
use futures::stream::{self, BoxStream};
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _};

use crate::domain::{Error, ErrorKind};
use crate::objects::ObjectStore;

/// More than one part of an upload.
const LARGE: usize = 6 * 1024 * 1024;

/// Pieces that don't divide it.
const PIECE: usize = 300_000;

/// What every object store must satisfy: one that is empty.
///
/// # Panics
///
/// If it doesn't satisfy it.
pub async fn object_store_suite(store: &dyn ObjectStore) {
    an_object_is_read_as_it_was_written(store).await;
    a_part_of_an_object_is_read(store).await;
    another_object_takes_its_place(store).await;
    nothing_changes_unless_it_is_whole(store).await;
    what_is_not_there_is_not_found(store).await;
    keys_lead_nowhere_else(store).await;
    all_below_a_prefix_goes(store).await;
}

type Stream = BoxStream<'static, Result<Bytes, Error>>;

/// Bytes that differ from place to place.
fn pattern(length: usize) -> Vec<u8> {
    (0..251).cycle().take(length).collect()
}

fn pieces(bytes: &[u8]) -> Stream {
    let pieces: Vec<_> = bytes
        .chunks(PIECE)
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .collect();
    stream::iter(pieces).boxed()
}

async fn put(store: &dyn ObjectStore, key: &str, bytes: &[u8]) {
    let info = store
        .put(key, "text/plain", pieces(bytes), bytes.len() as u64)
        .await
        .unwrap();
    assert_eq!(info.size, bytes.len() as u64);
}

async fn read(store: &dyn ObjectStore, key: &str) -> Vec<u8> {
    let body = store.get(key, None).await.unwrap();
    assert_eq!(body.range, 0..body.info.size);
    let pieces: Vec<Bytes> = body.bytes.try_collect().await.unwrap();
    pieces.concat()
}

async fn kind_of_read(store: &dyn ObjectStore, key: &str) -> ErrorKind {
    store.get(key, None).await.unwrap_err().kind()
}

async fn an_object_is_read_as_it_was_written(store: &dyn ObjectStore) {
    for (key, length) in [
        ("s/empty", 0),
        ("s/small", 5),
        ("s/a b/ä#%.md", 5),
        ("s/large", LARGE),
    ] {
        let bytes = pattern(length);
        put(store, key, &bytes).await;
        assert!(read(store, key).await == bytes, "{key} is what was written");
        assert_eq!(store.head(key).await.unwrap().size, length as u64);
    }
}

async fn a_part_of_an_object_is_read(store: &dyn ObjectStore) {
    put(store, "s/part", &pattern(100)).await;
    for (asked, given) in [
        (0..1, 0..1),
        (10..20, 10..20),
        (90..1_000, 90..100),
        (99..100, 99..100),
    ] {
        let body = store.get("s/part", Some(asked)).await.unwrap();
        assert_eq!((body.range, body.info.size), (given.clone(), 100));
        let read: Vec<Bytes> = body.bytes.try_collect().await.unwrap();
        let skipped = usize::try_from(given.start).unwrap();
        let length = usize::try_from(given.end - given.start).unwrap();
        assert_eq!(read.concat(), pattern(100)[skipped..][..length]);
    }
    for asked in [100..101, 500..u64::MAX, 5..5] {
        let error = store.get("s/part", Some(asked)).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.code()),
            (ErrorKind::Invalid, "invalid_range")
        );
    }
}

async fn another_object_takes_its_place(store: &dyn ObjectStore) {
    put(store, "s/again", b"one").await;
    let before = store.head("s/again").await.unwrap();
    let reading = store.get("s/again", None).await.unwrap();
    put(store, "s/again", b"another").await;
    assert_eq!(read(store, "s/again").await, b"another");
    assert_ne!(store.head("s/again").await.unwrap().etag, before.etag);
    let old: Vec<Bytes> = reading.bytes.try_collect().await.unwrap();
    assert_eq!(
        old.concat(),
        b"one",
        "who has begun to read the old object reads it to its end"
    );
}

async fn nothing_changes_unless_it_is_whole(store: &dyn ObjectStore) {
    put(store, "s/kept", b"old").await;
    for length in [10, LARGE] {
        let failing = || {
            let failure = stream::iter([Err(Error::invalid("broken", "the stream broke"))]);
            pieces(&pattern(length)).chain(failure).boxed()
        };
        for key in ["s/kept", "s/never"] {
            let limit = LARGE as u64;
            let error = store
                .put(key, "text/plain", failing(), limit)
                .await
                .unwrap_err();
            assert_eq!(error.code(), "broken");
            let over = store.put(
                key,
                "text/plain",
                pieces(&pattern(length)),
                length as u64 - 1,
            );
            assert_eq!(over.await.unwrap_err().kind(), ErrorKind::TooLarge);
            // A call that waits for more is dropped.
            let waiting = pieces(&pattern(length)).chain(stream::pending()).boxed();
            assert!(
                store
                    .put(key, "text/plain", waiting, limit)
                    .now_or_never()
                    .is_none()
            );
        }
        assert_eq!(read(store, "s/kept").await, b"old");
        assert_eq!(kind_of_read(store, "s/never").await, ErrorKind::NotFound);
    }
}

async fn what_is_not_there_is_not_found(store: &dyn ObjectStore) {
    assert_eq!(kind_of_read(store, "s/none").await, ErrorKind::NotFound);
    assert_eq!(
        kind_of_read(store, "s").await,
        ErrorKind::NotFound,
        "a folder is no object"
    );
    assert_eq!(
        store.head("s/none").await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
    let part = store.get("s/none", Some(0..1)).await.unwrap_err();
    assert_eq!(part.kind(), ErrorKind::NotFound);
    store.delete("s/none").await.unwrap();
    put(store, "s/gone", b"x").await;
    store.delete("s/gone").await.unwrap();
    assert_eq!(kind_of_read(store, "s/gone").await, ErrorKind::NotFound);
}

async fn keys_lead_nowhere_else(store: &dyn ObjectStore) {
    for key in [
        "",
        "/",
        "/etc/passwd",
        "..",
        "s/../../x",
        "s//x",
        "s/",
        "s\\x",
        "s/\0",
        "s/./x",
    ] {
        let stored = store.put(key, "text/plain", pieces(b"x"), 9).await;
        assert_eq!(stored.unwrap_err().kind(), ErrorKind::Invalid, "{key:?}");
        assert_eq!(
            kind_of_read(store, key).await,
            ErrorKind::Invalid,
            "{key:?}"
        );
        assert_eq!(
            store.head(key).await.unwrap_err().kind(),
            ErrorKind::Invalid,
            "{key:?}"
        );
        assert_eq!(
            store.delete(key).await.unwrap_err().kind(),
            ErrorKind::Invalid,
            "{key:?}"
        );
    }
    for prefix in ["", "/", "../", "s/../", "s"] {
        assert_eq!(
            store.delete_all(prefix).await.unwrap_err().kind(),
            ErrorKind::Invalid
        );
    }
}

async fn all_below_a_prefix_goes(store: &dyn ObjectStore) {
    for key in ["t/a", "t/b/c", "t/b/d/e", "tt/a", "t.a"] {
        put(store, key, b"x").await;
    }
    store.delete_all("t/b/").await.unwrap();
    assert_eq!(kind_of_read(store, "t/b/d/e").await, ErrorKind::NotFound);
    assert_eq!(read(store, "t/a").await, b"x");
    store.delete_all("t/").await.unwrap();
    store.delete_all("t/").await.unwrap();
    assert_eq!(kind_of_read(store, "t/a").await, ErrorKind::NotFound);
    for kept in ["tt/a", "t.a"] {
        assert_eq!(read(store, kept).await, b"x");
    }
}

//! What every kind of store must do, as a test to run against one.

use bytes::Bytes;
use tidewell_types::{DatabaseName, Generation, Seq, StreamId, Version};

use crate::backend::{Pin, Tag};
use crate::create::Created;
use crate::names::{DatabaseLayout, ObjectName, Prefix, parse_database_folder};
use crate::probe::{Verdict, probe};
use crate::replace::{Replaced, Revalidated};
use crate::store::Store;

/// Checks a store, in a database with a random name, and deletes what it wrote there; `meta/format` stays.
///
/// # Panics
/// At the first thing that is not as it must be.
pub async fn conformance(store: Store) {
    let database = DatabaseName::new(&format!("conformance {}", store.shared.env.write_id())).expect("a valid name");
    let layout = DatabaseLayout::new(&database);
    objects(&store, &layout).await;
    ranges(&store, &layout).await;
    creates(&store, &layout).await;
    replaces(&store, &layout).await;
    listings(&store, &layout, &database).await;
    clean(&store, &layout.prefix()).await;
    let first = store.ensure_format().await.expect("a format");
    assert_eq!(store.ensure_format().await.expect("a format"), first, "the store keeps its identity");
    let report = probe(&store).await;
    assert!(report.multi_writer_safe(), "the probe finds a conforming store unsafe: {report:#?}");
    assert!(report.findings.iter().all(|finding| finding.verdict != Verdict::Fails), "the probe fails: {report:#?}");
}

async fn clean(store: &Store, prefix: &Prefix) {
    let listed = store.list(prefix).await.expect("a listing");
    let names: Vec<ObjectName> = listed.iter().filter_map(|object| ObjectName::foreign(&object.key)).collect();
    store.delete(&names).await.expect("a delete");
    assert_eq!(store.list(prefix).await.expect("a listing"), [], "everything is deleted");
}

async fn objects(store: &Store, layout: &DatabaseLayout) {
    let hint = layout.hint();
    assert_eq!(store.get(&hint).await.expect("a get"), None, "a missing object reads as none");
    assert_eq!(store.head(&hint).await.expect("a head"), None, "a missing object has no size");
    store.overwrite(&hint, "one".into()).await.expect("an overwrite");
    store.overwrite(&hint, "three".into()).await.expect("an overwrite");
    assert_eq!(store.get(&hint).await.expect("a get"), Some(Bytes::from("three")), "the last overwrite stays");
    assert_eq!(store.head(&hint).await.expect("a head"), Some(5), "the size is the body's");
    store.put(&hint, Bytes::new()).await.expect("a put");
    assert_eq!(store.get(&hint).await.expect("a get"), Some(Bytes::new()), "an empty object is not a missing one");
    store.delete(&[hint.clone(), layout.floor()]).await.expect("a delete of one that is there and one that is not");
    assert_eq!(store.get(&hint).await.expect("a get"), None, "a deleted object is gone");
}

async fn ranges(store: &Store, layout: &DatabaseLayout) {
    let name = layout.leaf(tidewell_types::Generation::ZERO, store.shared.env.write_id());
    let missing = store.get_ranges(&name, &[0..1, 1..2]).await.expect_err("no such object");
    assert!(missing.is_not_found(), "a missing object is its own kind: {missing}");
    let body: Bytes = (0..3_000_000_u32).map(|index| (index % 251) as u8).collect();
    store.put(&name, body.clone()).await.expect("a put");
    let metered = store.metered();
    let wanted = [2_900_000..3_000_000, 0..10, 5..20, 7..7, 100..200];
    let bodies = metered.get_ranges(&name, &wanted).await.expect("the ranges");
    for (range, found) in wanted.iter().zip(&bodies) {
        assert_eq!(*found, body.slice(range.start as usize..range.end as usize), "the range {range:?}");
    }
    assert_eq!(bodies.len(), wanted.len(), "one body a range");
    assert_eq!(metered.meter().snapshot().gets, 2, "near ranges share a request");
    let pin = store.pin(&name).await.expect("a pin").expect("the object");
    let pinned = store.get_ranges_pinned(&name, &pin, &wanted).await.expect("the ranges");
    assert_eq!(pinned, bodies, "the pinned content is read");
    let listed = store.list(&layout.prefix()).await.expect("a listing");
    let listed = listed.iter().find(|listed| listed.key == name.as_str()).expect("the object");
    assert_eq!(listed.pin().as_ref(), Some(&pin), "a listing pins the same");
    for other in [Pin { bytes: pin.bytes + 1, ..pin.clone() }, Pin { tag: Tag::from_text("\"x\""), ..pin.clone() }] {
        let changed = store.get_ranges_pinned(&name, &other, &wanted).await.expect_err("another content");
        assert!(changed.is_changed(), "another content is its own kind: {changed}");
    }
    for beyond in [2_999_999..3_000_001, 4_000_000..4_000_001] {
        store.get_ranges(&name, std::slice::from_ref(&beyond)).await.expect_err("beyond the end");
    }
}

async fn creates(store: &Store, layout: &DatabaseLayout) {
    let env = &store.shared.env;
    let name = layout.log(Version::new(1));
    assert_eq!(store.create(&name, "a".into(), env.write_id()).await.expect("a create"), Created::Mine);
    let second = store.create(&name, "b".into(), env.write_id()).await.expect("a create");
    assert_eq!(second, Created::Other("a".into()), "the first create stays");
    let again = store.create(&name, "a".into(), env.write_id()).await.expect("a create");
    assert_eq!(again, Created::Mine, "the same write again is the same write");
}

async fn replaces(store: &Store, layout: &DatabaseLayout) {
    let floor = layout.floor();
    assert_eq!(store.get_versioned(&floor, None).await.expect("a get"), Revalidated::Missing);
    let Replaced::Done(first) = store.replace(&floor, "1".into(), None).await.expect("a replace") else {
        panic!("a replace where nothing is must create")
    };
    let refused = store.replace(&floor, "2".into(), None).await.expect("a replace");
    assert_eq!(refused, Replaced::Changed, "a replace of nothing is refused where something is");
    assert_eq!(store.get_versioned(&floor, Some(&first)).await.expect("a get"), Revalidated::Unchanged);
    let Replaced::Done(second) = store.replace(&floor, "2".into(), Some(&first)).await.expect("a replace") else {
        panic!("a replace with the current tag must succeed")
    };
    let stale = store.replace(&floor, "3".into(), Some(&first)).await.expect("a replace");
    assert_eq!(stale, Replaced::Changed, "a replace with an old tag is refused");
    let found = store.get_versioned(&floor, Some(&first)).await.expect("a get");
    assert_eq!(found, Revalidated::Found { body: "2".into(), tag: second }, "the accepted replaces stay");
}

async fn listings(store: &Store, layout: &DatabaseLayout, database: &DatabaseName) {
    let env = &store.shared.env;
    for version in [3, 1, 2] {
        let name = layout.log(Version::new(version));
        store.create(&name, version.to_string().into(), env.write_id()).await.expect("a create");
    }
    let listed = store.list(&layout.log_prefix()).await.expect("a listing");
    let versions: Vec<_> = listed.iter().filter_map(|object| layout.parse_log(&object.key)).collect();
    assert_eq!(versions, [3, 2, 1].map(Version::new), "commits list newest first");
    let first = store.list_first(&layout.log_prefix()).await.expect("a listing").expect("a commit");
    assert_eq!(layout.parse_log(&first.key), Some(Version::new(3)), "the newest commit is the first key");
    assert_eq!(store.list_first(&layout.wal_prefix()).await.expect("a listing"), None, "nothing in an empty folder");

    let streams = [0, 1].map(|number| StreamId { generation: Generation::new(number), writer: env.writer_id() });
    for stream in streams {
        for seq in 0..2 {
            store.put(&layout.wal(stream, Seq::new(seq)), "entry".into()).await.expect("a put");
        }
    }
    let entries = store.list(&layout.wal_prefix()).await.expect("a listing");
    assert_eq!(entries.len(), 4, "a listing goes through all folders");
    assert!(entries.is_sorted_by(|a, b| a.key < b.key), "a listing is sorted: {entries:?}");
    assert!(entries.iter().all(|entry| entry.bytes == 5 && layout.parse_wal(&entry.key).is_some()), "{entries:?}");
    let folders = store.list_folders(&Prefix::databases()).await.expect("a listing");
    let databases: Vec<_> = folders.iter().filter_map(|folder| parse_database_folder(folder)).collect();
    assert!(databases.contains(database), "{database} is among {databases:?}");
}

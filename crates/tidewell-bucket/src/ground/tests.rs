//! Which prefixes of others reach the store.

use proptest::prelude::*;
use tidewell_storage::{DatabaseLayout, ObjectName};
use tidewell_types::{DatabaseName, Version};

use super::{Ground, Overlap};

#[test]
fn prefix_of_another_folder_does_not_reach_the_store() {
    let ground = Ground::new("metrics/tidewell");
    for prefix in ["metrics/tidewell2", "metrics/tidewell/import/", "import/", "metrics/tidewell/dbx", "logs"] {
        assert_eq!(ground.overlap(prefix), Overlap::None, "{prefix}");
    }
}

#[test]
fn prefix_that_all_keys_begin_with_covers_the_store() {
    let ground = Ground::new("metrics/tidewell");
    for prefix in ["", "m", "metrics", "metrics/", "metrics/tidewell", "metrics/tidewell/"] {
        assert_eq!(ground.overlap(prefix), Overlap::Whole, "{prefix}");
    }
    assert_eq!(Ground::new("").overlap(""), Overlap::Whole);
}

#[test]
fn prefix_within_the_store_reaches_a_part() {
    let ground = Ground::new("p");
    for prefix in ["p/d", "p/db", "p/db/", "p/db/default/wal/", "p/meta/format", "p/m"] {
        assert_eq!(ground.overlap(prefix), Overlap::Part, "{prefix}");
    }
    assert_eq!(Ground::new("").overlap("d"), Overlap::Part);
}

#[test]
fn every_name_of_the_layout_lies_on_the_ground() {
    let database = DatabaseLayout::new(&DatabaseName::new("default").expect("a name"));
    let names = [ObjectName::store_format(), database.log(Version::new(1)), database.hint(), database.floor()];
    for prefix in ["", "a", "a/b"] {
        let ground = Ground::new(prefix);
        for name in &names {
            let key = format!("{}{name}", ground.root());
            assert_ne!(ground.overlap(&key), Overlap::None, "{key}");
        }
    }
}

proptest! {
    #[test]
    fn overlap_agrees_with_the_keys_themselves(store in "(a|a/d|d|db)?", rule in "[adb/met]{0,6}", rest in "[abd/]{0,4}") {
        let ground = Ground::new(&store);
        let keys: Vec<String> = ground.folders.iter().map(|folder| format!("{folder}{rest}")).collect();
        let hit = keys.iter().filter(|key| key.starts_with(&rule)).count();
        match ground.overlap(&rule) {
            Overlap::None => prop_assert_eq!(hit, 0),
            Overlap::Whole => prop_assert_eq!(hit, keys.len()),
            // Some key of ours begins with it: the folder's own start, or what lies below the rule's prefix.
            Overlap::Part => {
                let within = ground.folders.iter().any(|folder| format!("{rule}x").starts_with(folder.as_str()));
                let above = ground.folders.iter().any(|folder| folder.starts_with(&rule));
                prop_assert!(within || above);
            }
        }
    }
}

//! Tests of object names.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use tidewell_types::{
    DatabaseName, Generation, SegmentId, Seq, StreamId, TableName, TimestampNs, TokenId, Version, WriteId, WriterId,
};

use super::{
    DatabaseLayout, ObjectName, Prefix, SegmentName, TABLE_FOLDER_CHARS_MAX, Tier, day, parse_database_folder,
    table_folder,
};

fn layout(database: &str) -> DatabaseLayout {
    DatabaseLayout::new(&DatabaseName::new(database).unwrap())
}

fn table(name: &str) -> TableName {
    TableName::new(name).unwrap()
}

const ID: [u8; 16] = [0xab; 16];
const ID_TEXT: &str = "abababababababababababababababab";

fn example_wal() -> (StreamId, Seq) {
    (StreamId { generation: Generation::new(7), writer: WriterId::from_bytes(ID) }, Seq::new(12))
}

/// The names in every bucket: they never change.
#[test]
fn names_printed_are_as_documented() {
    let layout = layout("plant A");
    let (stream, seq) = example_wal();
    let write_id = WriteId::from_bytes(ID);
    let segment = layout.segment(Tier::Hot, Generation::new(7), &table("cpu"), 19_723, SegmentId::from_bytes(ID));
    for (name, text) in [
        (ObjectName::store_format(), "meta/format".to_owned()),
        (layout.log(Version::new(0)), "db/plant!20A/log/ffffffffffffffff".to_owned()),
        (layout.log(Version::new(255)), "db/plant!20A/log/ffffffffffffff00".to_owned()),
        (layout.checkpoint(Version::new(1), write_id), format!("db/plant!20A/ckpt/fffffffffffffffe-{ID_TEXT}")),
        (layout.leaf(Generation::new(3), write_id), format!("db/plant!20A/idx/00000003/{ID_TEXT}")),
        (layout.watermarks(Generation::new(3), write_id), format!("db/plant!20A/gen/00000003-{ID_TEXT}")),
        (layout.hint(), "db/plant!20A/hint".to_owned()),
        (layout.floor(), "db/plant!20A/floor".to_owned()),
        (layout.wal(stream, seq), format!("db/plant!20A/wal/00000007/f1-{ID_TEXT}/000000000012")),
        (
            layout.import_entry(TokenId::from_bytes(ID), stream, seq),
            format!("db/plant!20A/import/{ID_TEXT}/00000007-{ID_TEXT}/000000000012"),
        ),
        (segment, format!("db/plant!20A/hot/00000007/cpu/2024-01-01/{ID_TEXT}.parquet")),
    ] {
        assert_eq!(name.as_str(), text);
    }
}

#[test]
fn names_in_their_prefixes_start_with_them() {
    let layout = layout("x");
    let (stream, seq) = example_wal();
    let segment = layout.segment(Tier::Cold, stream.generation, &table("t"), 0, SegmentId::from_bytes(ID));
    for (name, prefix) in [
        (layout.log(Version::new(1)), layout.log_prefix()),
        (layout.checkpoint(Version::new(1), WriteId::from_bytes(ID)), layout.checkpoint_prefix()),
        (layout.leaf(Generation::ZERO, WriteId::from_bytes(ID)), layout.leaf_prefix()),
        (layout.watermarks(Generation::ZERO, WriteId::from_bytes(ID)), layout.watermarks_prefix()),
        (layout.wal(stream, seq), layout.wal_prefix()),
        (layout.wal(stream, seq), layout.wal_generation_prefix(stream.generation)),
        (segment.clone(), layout.segment_prefix(Tier::Cold)),
        (segment, layout.segment_generation_prefix(Tier::Cold, stream.generation)),
        (layout.import_entry(TokenId::from_bytes(ID), stream, seq), layout.import_prefix()),
        (layout.import_entry(TokenId::from_bytes(ID), stream, seq), layout.import_job_prefix(TokenId::from_bytes(ID))),
        (layout.hint(), layout.prefix()),
        (layout.hint(), Prefix::databases()),
    ] {
        let inside = name.as_str().strip_prefix(prefix.as_str()).unwrap();
        assert!(inside.starts_with('/'), "{name} in {prefix}");
    }
}

#[test]
fn log_of_a_newer_version_sorts_first() {
    let layout = layout("x");
    assert!(layout.log(Version::new(10)) < layout.log(Version::new(9)));
    assert!(layout.log(Version::new(u64::MAX)) < layout.log(Version::new(0)));
}

#[test]
fn parse_of_a_name_that_printing_does_not_give_is_none() {
    let layout = layout("x");
    for key in [
        "db/x/log/FFFFFFFFFFFFFFFF",
        "db/x/log/fffffffffffffff",
        "db/x/log/+fffffffffffffff",
        "db/x/log/ffffffffffffffff/",
        "db/x/log/ffffffffffffffff.tmp",
        "db/y/log/ffffffffffffffff",
        "db/xx/log/ffffffffffffffff",
        "/db/x/log/ffffffffffffffff",
        "db/x/log/",
        "db/x/log",
    ] {
        assert_eq!(layout.parse_log(key), None, "{key}");
    }
    for key in [
        format!("db/x/wal/7/f1-{ID_TEXT}/000000000012"),
        format!("db/x/wal/00000007/f2-{ID_TEXT}/000000000012"),
        format!("db/x/wal/00000007/f1-{ID_TEXT}/12"),
        format!("db/x/wal/00000007/f1-{ID_TEXT}/+00000000012"),
        format!("db/x/wal/00000007/f1-{ID_TEXT}/000000000012/x"),
        format!("db/x/wal/99999999999/f1-{ID_TEXT}/000000000012"),
        format!("db/x/wal/00000007/{ID_TEXT}/000000000012"),
    ] {
        assert_eq!(layout.parse_wal(&key), None, "{key}");
    }
    for key in [
        format!("db/x/warm/00000007/cpu/2024-01-01/{ID_TEXT}.parquet"),
        format!("db/x/hot/7/cpu/2024-01-01/{ID_TEXT}.parquet"),
        format!("db/x/hot/00000007/c u/2024-01-01/{ID_TEXT}.parquet"),
        format!("db/x/hot/00000007/./2024-01-01/{ID_TEXT}.parquet"),
        format!("db/x/hot/00000007/cpu!!0123456789abcdef/2024-01-01/{ID_TEXT}.parquet"),
        format!("db/x/hot/00000007/cpu/2024-02-30/{ID_TEXT}.parquet"),
        format!("db/x/hot/00000007/cpu/2024-1-1/{ID_TEXT}.parquet"),
        format!("db/x/hot/00000007/cpu/2024-01-01/{ID_TEXT}"),
        format!("db/x/hot/00000007/cpu/2024-01-01/x/{ID_TEXT}.parquet"),
    ] {
        assert_eq!(layout.parse_segment(&key), None, "{key}");
    }
    assert_eq!(layout.parse_checkpoint(&format!("db/x/ckpt/fffffffffffffffe_{ID_TEXT}")), None);
    assert_eq!(layout.parse_leaf("db/x/idx/ab"), None);
}

#[test]
fn database_folder_of_a_hostile_name_is_one_harmless_part() {
    for name in [".", "..", "a/b", "../../etc", "a b", "ü", "!41", "~x", "%2e", "*", "A", "con:"] {
        let folder = layout(name).prefix().as_str().strip_prefix("db/").unwrap().to_owned();
        assert!(!folder.contains('/') && folder != "." && folder != "..", "{name:?} gives {folder:?}");
        assert_eq!(parse_database_folder(&folder).unwrap().as_str(), name, "{folder:?}");
    }
}

#[test]
fn database_folder_that_printing_does_not_give_is_none() {
    for folder in ["", ".", "..", "!41", "!2E", "!2", "!", "a b", "!ff", "~lock", "a!0ab", "!!0123456789abcdef"] {
        assert_eq!(parse_database_folder(folder), None, "{folder:?}");
    }
}

#[test]
fn table_folder_of_a_long_name_is_cut_and_told_apart() {
    for character in ["a", "ü", "ab ü"] {
        let base = character.repeat(256 / character.len() - 1);
        let (first, second) = (table_folder(&table(&format!("{base}1"))), table_folder(&table(&format!("{base}2"))));
        assert_ne!(first, second);
        for folder in [first, second] {
            assert!(folder.len() <= TABLE_FOLDER_CHARS_MAX && folder.contains("!!"), "{folder}");
        }
    }
    assert_eq!(table_folder(&table(&"a".repeat(120))), "a".repeat(120));
}

#[test]
fn day_at_each_end_of_time_is_a_date() {
    assert_eq!(day::print(TimestampNs::MIN.day()), "1677-09-21");
    assert_eq!(day::print(TimestampNs::MAX.day()), "2262-04-11");
    assert_eq!(day::print(0), "1970-01-01");
    assert_eq!(day::print(-1), "1969-12-31");
    assert_eq!(day::print(i64::MAX), "2262-04-11");
    assert_eq!(day::print(i64::MIN), "1677-09-21");
}

#[test]
fn day_each_printed_is_read_back_in_order() {
    let mut before = String::new();
    for number in TimestampNs::MIN.day()..=TimestampNs::MAX.day() {
        let text = day::print(number);
        assert_eq!(day::parse(&text), Some(number), "{text}");
        assert!(before < text, "{before} {text}");
        before = text;
    }
}

#[test]
fn day_that_is_no_date_is_none() {
    for text in ["2023-02-29", "2023-13-01", "2023-00-10", "2023-01-00", "1677-09-20", "2262-04-12", "02023-01-01", ""]
    {
        assert_eq!(day::parse(text), None, "{text}");
    }
}

#[test]
fn foreign_key_that_leaves_its_folder_is_refused() {
    for key in ["", "a//b", "../a", "a/..", "a/./b", "/a", "a/", "a\nb"] {
        assert_eq!(ObjectName::foreign(key), None, "{key:?}");
    }
    assert_eq!(ObjectName::foreign("year=2024/part 0.parquet").unwrap().as_str(), "year=2024/part 0.parquet");
}

fn hostile_name(bytes_max: usize) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[A-Za-z0-9._-]{1,20}",
        "[!/\\\\~%. ]{1,6}",
        "\\PC{1,8}",
        Just("..".to_owned()),
        Just("!!0123456789abcdef".to_owned()),
        Just(".parquet".to_owned()),
    ];
    prop::collection::vec(piece, 1..30).prop_map(move |pieces| {
        let mut name = String::new();
        for piece in pieces {
            if name.len() + piece.len() <= bytes_max {
                name.push_str(&piece);
            }
        }
        if name.is_empty() { "x".to_owned() } else { name }
    })
}

fn is_safe(name: &str) -> bool {
    name.len() <= 900
        && name.split('/').all(|part| {
            !matches!(part, "" | "." | "..")
                && part.len() <= 255
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-!".contains(&byte))
        })
}

proptest! {
    #[test]
    fn names_printed_are_parsed_back(
        database in hostile_name(64), table_name in hostile_name(256), number: u64, generation: u32, id: [u8; 16], ns: i64,
    ) {
        let (Ok(database), Ok(table)) = (DatabaseName::new(&database), TableName::new(&table_name)) else {
            return Ok(());
        };
        let layout = DatabaseLayout::new(&database);
        let folder = layout.prefix().as_str().strip_prefix("db/").unwrap().to_owned();
        prop_assert_eq!(parse_database_folder(&folder), Some(database));

        let (version, write_id) = (Version::new(number), WriteId::from_bytes(id));
        prop_assert_eq!(layout.parse_log(layout.log(version).as_str()), Some(version));
        let checkpoint = layout.checkpoint(version, write_id);
        prop_assert_eq!(layout.parse_checkpoint(checkpoint.as_str()), Some((version, write_id)));
        let generation = Generation::new(generation);
        prop_assert_eq!(layout.parse_leaf(layout.leaf(generation, write_id).as_str()), Some((generation, write_id)));
        prop_assert_eq!(layout.parse_watermarks(layout.watermarks(generation, write_id).as_str()), Some((generation, write_id)));

        let (stream, seq) = (StreamId { generation, writer: WriterId::from_bytes(id) }, Seq::new(number));
        let wal = layout.wal(stream, seq);
        prop_assert_eq!(layout.parse_wal(wal.as_str()), Some((stream, seq)));
        let entry = layout.import_entry(TokenId::from_bytes(id), stream, seq);
        prop_assert_eq!(layout.parse_import(entry.as_str()), Some((TokenId::from_bytes(id), stream, seq)));
        prop_assert!(is_safe(entry.as_str()), "{}", entry);
        prop_assert!(is_safe(wal.as_str()), "{}", wal);

        let (id, day) = (SegmentId::from_bytes(id), TimestampNs::from_ns(ns).day());
        for tier in [Tier::Hot, Tier::Cold] {
            let segment = layout.segment(tier, generation, &table, day, id);
            let expected = SegmentName { tier, generation, table_folder: table_folder(&table), day, id };
            prop_assert_eq!(layout.parse_segment(segment.as_str()), Some(expected));
            prop_assert!(is_safe(segment.as_str()), "{}", segment);
            prop_assert_eq!(layout.parse_log(segment.as_str()), None);
            prop_assert_eq!(layout.parse_wal(segment.as_str()), None);
        }
    }

    #[test]
    fn parse_of_any_text_prints_it_back_or_is_none(tail in "[a-z0-9/!.-]{0,80}", folder in "[A-Za-z!.0-9 ]{0,12}") {
        let layout = layout("x");
        for part in ["log", "ckpt", "idx", "wal", "hot", "import"] {
            let key = format!("db/x/{part}/{tail}");
            if let Some(version) = layout.parse_log(&key) {
                let printed = layout.log(version);
                prop_assert_eq!(printed.as_str(), &key);
            }
            if let Some((stream, seq)) = layout.parse_wal(&key) {
                let printed = layout.wal(stream, seq);
                prop_assert_eq!(printed.as_str(), &key);
            }
        }
        if let Some(database) = parse_database_folder(&folder) {
            let printed = DatabaseLayout::new(&database).prefix();
            prop_assert_eq!(printed.as_str(), format!("db/{folder}"));
        }
    }
}

//! The store's format object, and texts that come from outside: object names of a listing, session tokens of a client.

use tidewell_ingest::SessionToken;
use tidewell_storage::{DatabaseLayout, parse_database_folder, parse_generation_folder};
use tidewell_types::DatabaseName;

use crate::target::{nothing_behind, with_crc, without_crc};
use crate::{Sample, Target};

const TAKEN_BYTES_FIXED: usize = 4 << 10;

/// `meta/format`, as docs/formats/store.md shows it.
pub(crate) fn store_format() -> Target {
    let id: Vec<u8> = (0..16).collect();
    let sample = with_crc(&[&b"TIDEWELL\x01\0\0\0"[..], &id].concat());
    Target {
        name: "store_format",
        samples: vec![Sample::checked(sample)],
        read: |bytes| tidewell_storage::read_format(bytes).map(|_| 1),
        goes_round: |bytes| tidewell_storage::read_format(bytes).is_some_and(|(_, again)| again == bytes),
        open: without_crc,
        seal: with_crc,
        memory_bytes_max: |_| TAKEN_BYTES_FIXED,
    }
}

/// The names of a database's objects.
pub(crate) fn object_name() -> Target {
    let id = "000102030405060708090a0b0c0d0e0f";
    let names = [
        "log/fffffffffffffffe".to_owned(),
        format!("ckpt/fffffffffffffffe-{id}"),
        format!("idx/00000003/{id}"),
        format!("gen/00000003-{id}"),
        format!("wal/00000003/9c-{id}/000000000042"),
        format!("import/{id}/00000003-{id}/000000000042"),
        format!("hot/00000003/weather!2c inner/2023-11-14/{id}.parquet"),
        format!("cold/00000003/level/1677-09-21/{id}.parquet"),
    ];
    let of_harbour = |name: &String| Sample::unchecked(format!("{}/{name}", layout().prefix()));
    let folders = ["!e6!bd!ae", "harbour", "00000003"].map(Sample::unchecked);
    Target {
        name: "object_name",
        samples: names.iter().map(of_harbour).chain(folders).collect(),
        read: |bytes| std::str::from_utf8(bytes).ok().map(parse_all),
        goes_round: |_| true,
        open: nothing_behind,
        seal: <[u8]>::to_vec,
        memory_bytes_max: |bytes| TAKEN_BYTES_FIXED + bytes.len() * 16,
    }
}

fn layout() -> DatabaseLayout {
    // No control character, not empty and short: a name.
    let name = DatabaseName::new("harbour");
    DatabaseLayout::new(&name.unwrap_or_else(|error| panic!("{error}")))
}

/// How many parsers accept the text; that printing gives it again is each one's own check.
fn parse_all(text: &str) -> usize {
    let layout = layout();
    let accepted = [
        layout.parse_log(text).is_some(),
        layout.parse_checkpoint(text).is_some(),
        layout.parse_leaf(text).is_some(),
        layout.parse_watermarks(text).is_some(),
        layout.parse_wal(text).is_some(),
        layout.parse_segment(text).is_some(),
        layout.parse_import(text).is_some(),
        parse_database_folder(text).is_some(),
        parse_generation_folder(text).is_some(),
    ];
    accepted.into_iter().filter(|accepted| *accepted).count()
}

/// What a client hands back to read its own writes.
pub(crate) fn session_token() -> Target {
    let id = "000102030405060708090a0b0c0d0e0f";
    let texts = [format!("o.3.{id}.42"), format!("n.{id}.0"), format!("m.{id}.18446744073709551615")];
    Target {
        name: "session_token",
        samples: texts.map(Sample::unchecked).to_vec(),
        read: |bytes| std::str::from_utf8(bytes).ok()?.parse::<SessionToken>().ok().map(|_| 1),
        goes_round: |bytes| {
            let text = std::str::from_utf8(bytes).unwrap_or_default();
            text.parse::<SessionToken>().is_ok_and(|token| token.to_string() == text)
        },
        open: nothing_behind,
        seal: <[u8]>::to_vec,
        memory_bytes_max: |_| TAKEN_BYTES_FIXED,
    }
}

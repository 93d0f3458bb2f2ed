//! The local log: what was appended is replayed, a torn tail is cut off, damage is an error that changes nothing.
#![allow(clippy::unwrap_used)]

use std::fs;

use tempfile::TempDir;
use tidewell_buffer::EntryToken;
use tidewell_types::{Batch, Source, Stamp, TokenId, WriteId};

use super::file::file_name;
use super::frame::{FILE_HEADER_BYTES, FileHeader, Frame};
use super::*;

const FROZEN: &[u8] = include_bytes!("../../fixtures/local-log-v1.bin");
/// A file of the same version, whose entries are of version 2.
const FROZEN_ENTRIES_V2: &[u8] = include_bytes!("../../fixtures/local-log-v1-entry-v2.bin");
const NODE: NodeId = NodeId::from_bytes([0xab; 16]);

fn open(folder: &Path) -> (LocalLog, Vec<u64>) {
    let (log, entries) = LocalLog::open(folder, &Env::system()).unwrap();
    (log, stamps(&entries))
}

/// An entry without rows, known by its stamp.
fn append(log: &mut LocalLog, stamp: u64) {
    append_entry(log, &entry_of(log.node(), log.next_seq(), stamp));
}

fn append_entry(log: &mut LocalLog, entry: &Entry) {
    assert_eq!(log.append(&crate::entry::encode(entry, WriteId::from_bytes([1; 16])).unwrap()).unwrap(), entry.seq);
}

fn entry_of(node: NodeId, seq: Seq, stamp: u64) -> Entry {
    Entry { source: Source::Node(node), seq, stamp: Stamp::from_ns(stamp), batch: Batch::default(), tokens: Vec::new() }
}

fn stamps(entries: &[Entry]) -> Vec<u64> {
    assert!(entries.windows(2).all(|pair| pair[0].seq < pair[1].seq));
    entries.iter().map(|entry| entry.stamp.as_ns()).collect()
}

fn log_files(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|item| item.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".log")).collect();
    names.sort();
    names
}

fn first_file(folder: &Path) -> PathBuf {
    folder.join(file_name(Seq::ZERO))
}

/// A folder whose only file holds these frames; `sync_after` says after which of them it was fsynced.
fn folder_with(stamps: &[u64], sync_after: &[u64]) -> (TempDir, Vec<u8>, Vec<usize>) {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, _) = open(folder.path());
    let mut ends = vec![FILE_HEADER_BYTES];
    for stamp in stamps {
        append(&mut log, *stamp);
        if sync_after.contains(stamp) {
            log.sync().unwrap();
        }
        ends.push(fs::metadata(first_file(folder.path())).unwrap().len() as usize);
    }
    let bytes = fs::read(first_file(folder.path())).unwrap();
    (folder, bytes, ends)
}

#[test]
fn log_reopened_gives_back_what_was_appended() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, entries) = open(folder.path());
    assert_eq!((entries, log.next_seq()), (vec![], Seq::ZERO));
    append(&mut log, 10);
    append(&mut log, 11);
    log.sync().unwrap();
    append(&mut log, 12);
    let node = log.node();
    drop(log);
    let (mut log, entries) = open(folder.path());
    assert_eq!((entries, log.next_seq(), log.node()), (vec![10, 11, 12], Seq::new(3), node));
    append(&mut log, 13);
    drop(log);
    assert_eq!(open(folder.path()).1, [10, 11, 12, 13]);
}

/// AutoMQ #1841, #1237: a log took more after a failed write; it was started twice in a failover.
#[test]
fn folder_is_held_by_one_log_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let (log, _) = open(folder.path());
    assert!(matches!(LocalLog::open(folder.path(), &Env::system()), Err(WalError::Locked { .. })));
    drop(log);
    open(folder.path());
}

/// slatedb #762, #763, #1607: a batch was split over log objects, or a replay ended within one.
#[test]
fn tail_torn_at_any_byte_is_cut_off_and_the_log_goes_on() {
    let (folder, bytes, ends) = folder_with(&[10, 11, 12], &[11]);
    let path = first_file(folder.path());
    for length in ends[2]..bytes.len() {
        fs::write(&path, &bytes[..length]).unwrap();
        let (mut log, entries) = open(folder.path());
        assert_eq!((entries, log.next_seq()), (vec![10, 11], Seq::new(2)), "length {length}");
        append(&mut log, 99);
        drop(log);
        assert_eq!(open(folder.path()).1, [10, 11, 99], "length {length}");
        fs::remove_file(folder.path().join(file_name(Seq::new(2)))).unwrap();
    }
}

#[test]
fn only_frame_torn_at_any_byte_leaves_an_empty_log_that_goes_on() {
    let (folder, bytes, _) = folder_with(&[10], &[]);
    for length in 0..bytes.len() {
        fs::write(first_file(folder.path()), &bytes[..length]).unwrap();
        let (mut log, entries) = open(folder.path());
        assert_eq!((entries, log.next_seq()), (vec![], Seq::ZERO), "length {length}");
        append(&mut log, 99);
        drop(log);
        assert_eq!(open(folder.path()).1, [99], "length {length}");
    }
}

#[test]
fn tail_of_garbage_or_zeros_is_cut_off() {
    let (folder, bytes, ends) = folder_with(&[10, 11], &[10]);
    for tail in [vec![0; 4096], vec![0xff; 100], b"TWFRTWFR".to_vec()] {
        fs::write(first_file(folder.path()), [&bytes[..ends[1]], &tail].concat()).unwrap();
        assert_eq!(open(folder.path()).1, [10]);
        assert_eq!(fs::read(first_file(folder.path())).unwrap(), bytes[..ends[1]]);
    }
}

#[test]
fn frame_damaged_before_one_that_proves_it_durable_is_an_error_and_nothing_changes() {
    let (folder, bytes, ends) = folder_with(&[10, 11, 12], &[11]);
    let path = first_file(folder.path());
    for at in FILE_HEADER_BYTES..ends[2] {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        fs::write(&path, &damaged).unwrap();
        let error = LocalLog::open(folder.path(), &Env::system()).unwrap_err();
        let offset = if at < ends[1] { ends[0] } else { ends[1] } as u64;
        assert!(matches!(&error, WalError::Damaged { offset: at, .. } if *at == offset), "byte {at}: {error}");
        assert!(error.to_string().contains(".log"), "{error}");
        assert!(matches!(read_folder(folder.path()), Err(WalError::Damaged { .. })));
        assert_eq!(fs::read(&path).unwrap(), damaged);
    }
}

#[test]
fn header_damaged_before_a_durable_frame_is_an_error() {
    let (folder, bytes, _) = folder_with(&[10], &[]);
    for at in 0..FILE_HEADER_BYTES {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        fs::write(first_file(folder.path()), &damaged).unwrap();
        let error = LocalLog::open(folder.path(), &Env::system()).unwrap_err();
        assert!(matches!(error, WalError::Damaged { offset: 0, .. } | WalError::Newer { .. }), "byte {at}: {error}");
        assert_eq!(fs::read(first_file(folder.path())).unwrap(), damaged);
    }
}

#[test]
fn hole_in_what_was_never_fsynced_is_cut_off_with_what_follows() {
    let (folder, bytes, ends) = folder_with(&[10, 11, 12], &[10]);
    for at in ends[1]..ends[2] {
        let mut holed = bytes.clone();
        holed[at] ^= 0x10;
        fs::write(first_file(folder.path()), &holed).unwrap();
        assert_eq!(open(folder.path()).1, [10], "byte {at}");
    }
}

/// A log of two files with one frame each, at places 0 and 5.
fn two_files() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, _) = open(folder.path());
    append(&mut log, 10);
    log.skip_to(Seq::new(5));
    append(&mut log, 15);
    assert_eq!(log_files(folder.path()).len(), 2);
    folder
}

#[test]
fn newest_file_of_length_zero_goes_and_its_place_is_used_again() {
    let folder = two_files();
    fs::write(folder.path().join(file_name(Seq::new(5))), []).unwrap();
    let (mut log, entries) = open(folder.path());
    assert_eq!((entries, log.next_seq()), (vec![10], Seq::new(5)));
    append(&mut log, 16);
    drop(log);
    assert_eq!(open(folder.path()).1, [10, 16]);
}

/// influxdb #26970, #26556: log files of no length were skipped with a warning; a damaged catalog.
#[test]
fn older_file_that_ends_early_is_an_error() {
    let folder = two_files();
    let bytes = fs::read(first_file(folder.path())).unwrap();
    for length in [0, FILE_HEADER_BYTES - 1, FILE_HEADER_BYTES + 5, bytes.len() - 1] {
        fs::write(first_file(folder.path()), &bytes[..length]).unwrap();
        assert!(matches!(LocalLog::open(folder.path(), &Env::system()), Err(WalError::Damaged { .. })), "{length}");
        assert_eq!(fs::metadata(first_file(folder.path())).unwrap().len(), length as u64);
    }
}

#[test]
fn file_of_another_folder_or_place_is_an_error() {
    let (folder, bytes, _) = folder_with(&[10], &[]);
    let (other, _, _) = folder_with(&[10], &[]);
    fs::copy(first_file(other.path()), first_file(folder.path())).unwrap();
    assert!(matches!(LocalLog::open(folder.path(), &Env::system()), Err(WalError::Damaged { .. })));
    fs::write(first_file(folder.path()), &bytes).unwrap();
    fs::rename(first_file(folder.path()), folder.path().join(file_name(Seq::new(7)))).unwrap();
    assert!(matches!(LocalLog::open(folder.path(), &Env::system()), Err(WalError::Damaged { .. })));
}

#[test]
fn file_of_a_newer_version_is_refused() {
    let (folder, mut bytes, _) = folder_with(&[10], &[]);
    bytes[4] = 2;
    fs::write(first_file(folder.path()), &bytes).unwrap();
    let error = LocalLog::open(folder.path(), &Env::system()).unwrap_err();
    assert!(matches!(error, WalError::Newer { found: 2, known: 1, .. }), "{error}");
}

#[test]
fn identity_that_is_no_id_is_an_error() {
    let (folder, _, _) = folder_with(&[10], &[]);
    fs::write(folder.path().join("node"), "not an id").unwrap();
    assert!(matches!(LocalLog::open(folder.path(), &Env::system()), Err(WalError::Damaged { .. })));
}

#[test]
fn skip_to_raises_the_next_place_and_never_lowers_it() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, _) = open(folder.path());
    append(&mut log, 10);
    log.skip_to(Seq::ZERO);
    assert_eq!(log.next_seq(), Seq::new(1));
    log.skip_to(Seq::new(8));
    append(&mut log, 18);
    drop(log);
    let (log, entries) = open(folder.path());
    assert_eq!((entries, log.next_seq()), (vec![10, 18], Seq::new(9)));
}

/// A log with a file for each pair of frames: 0 1 | 2 3 | 4.
fn rotated() -> (TempDir, LocalLog) {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, _) = open(folder.path());
    log.file_bytes_max = FILE_HEADER_BYTES as u64 + 150;
    (0..5).for_each(|place| append(&mut log, 10 + place));
    assert_eq!(log_files(folder.path()), [0, 2, 4].map(|first| file_name(Seq::new(first))));
    (folder, log)
}

#[test]
fn log_of_several_files_is_replayed_in_order() {
    let (folder, log) = rotated();
    drop(log);
    let (log, entries) = open(folder.path());
    assert_eq!((entries, log.next_seq()), (vec![10, 11, 12, 13, 14], Seq::new(5)));
}

#[test]
fn truncate_deletes_exactly_the_files_that_are_folded() {
    let (folder, mut log) = rotated();
    for (applied, files) in [(0, vec![0, 2, 4]), (1, vec![0, 2, 4]), (2, vec![2, 4]), (3, vec![2, 4]), (4, vec![4])] {
        log.truncate(Seq::new(applied)).unwrap();
        let files: Vec<String> = files.into_iter().map(|first| file_name(Seq::new(first))).collect();
        assert_eq!(log_files(folder.path()), files, "applied {applied}");
    }
    append(&mut log, 15);
    drop(log);
    let (log, entries) = open(folder.path());
    assert_eq!((entries, log.next_seq()), (vec![14, 15], Seq::new(6)));
}

#[test]
fn truncate_after_a_restart_deletes_what_was_replayed() {
    let (folder, log) = rotated();
    drop(log);
    let (mut log, _) = open(folder.path());
    log.truncate(Seq::new(4)).unwrap();
    assert_eq!(log_files(folder.path()), [file_name(Seq::new(4))]);
    append(&mut log, 15);
    log.truncate(Seq::new(5)).unwrap();
    assert_eq!(log_files(folder.path()), [file_name(Seq::new(5))]);
}

/// slatedb #1521: the manifest was ahead of what was durable in the log.
#[test]
fn log_without_files_goes_on_where_the_watermark_is() {
    let (folder, mut log) = rotated();
    log.truncate(Seq::new(5)).unwrap();
    assert!(log_files(folder.path()).is_empty());
    append(&mut log, 15);
    log.truncate(Seq::new(6)).unwrap();
    drop(log);
    let (mut log, entries) = open(folder.path());
    assert!(entries.is_empty());
    log.skip_to(Seq::new(6));
    append(&mut log, 16);
    drop(log);
    let (log, entries) = open(folder.path());
    assert_eq!((entries, log.next_seq()), (vec![16], Seq::new(7)));
}

/// slatedb #1521: the manifest was ahead of what was durable in the log.
#[test]
fn log_that_lost_what_was_folded_names_no_entry_twice() {
    // Three entries were folded, of which a power loss left one, two or none.
    let (folder, bytes, ends) = folder_with(&[10, 11, 12], &[10]);
    for left in 0..3 {
        fs::write(first_file(folder.path()), &bytes[..ends[left]]).unwrap();
        let (mut log, entries) = open(folder.path());
        assert_eq!((entries.len(), log.next_seq()), (left, Seq::new(left as u64)));
        log.skip_to(Seq::new(3));
        append(&mut log, 99);
        drop(log);
        let (_, entries) = read_folder(folder.path()).unwrap().unwrap();
        let last = entries.last().unwrap();
        assert_eq!((last.seq, last.stamp.as_ns()), (Seq::new(3), 99), "{left} left");
        fs::remove_file(folder.path().join(file_name(Seq::new(3)))).unwrap();
    }
}

#[test]
fn folder_is_read_while_its_owner_appends() {
    let folder = tempfile::tempdir().unwrap();
    assert!(read_folder(folder.path()).unwrap().is_none());
    let (mut log, _) = open(folder.path());
    log.file_bytes_max = 400;
    let node = log.node();
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut seen = 0;
            while seen < 200 {
                let (read_node, entries) = read_folder(folder.path()).unwrap().unwrap();
                assert_eq!(read_node, node);
                let stamps = stamps(&entries);
                assert!(stamps.len() >= seen && stamps.iter().copied().eq(0..stamps.len() as u64), "{stamps:?}");
                seen = stamps.len();
            }
        });
        (0..200).for_each(|stamp| append(&mut log, stamp));
        reader.join().unwrap();
    });
}

#[test]
fn half_written_frame_is_left_alone_by_readers() {
    let (folder, bytes, ends) = folder_with(&[10, 11], &[]);
    let half = &bytes[..ends[1] + 5];
    fs::write(first_file(folder.path()), half).unwrap();
    let (_, entries) = read_folder(folder.path()).unwrap().unwrap();
    assert_eq!(stamps(&entries), [10]);
    assert_eq!(fs::read(first_file(folder.path())).unwrap(), half);
}

/// AutoMQ #1841, #1237: a log took more after a failed write; it was started twice in a failover.
#[test]
fn log_takes_nothing_more_after_the_disk_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wal");
    let (mut log, _) = open(&path);
    fs::remove_dir_all(&path).unwrap();
    assert!(matches!(log.append(b"x"), Err(WalError::Disk { .. })));
    fs::create_dir(&path).unwrap();
    assert!(matches!(log.append(b"x"), Err(WalError::Poisoned { .. })));
    assert!(matches!(log.sync(), Err(WalError::Poisoned { .. })));
}

#[test]
fn file_frozen_in_version_1_reads_the_same() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("node"), NODE.to_string()).unwrap();
    fs::write(folder.path().join("00000000000000000007.log"), FROZEN).unwrap();
    let (node, entries) = read_folder(folder.path()).unwrap().unwrap();
    assert_eq!(node, NODE);
    let read: Vec<_> = entries.iter().map(|entry| (entry.source, entry.seq.get(), entry.stamp.as_ns())).collect();
    assert_eq!(read, [(Source::Node(NODE), 7, 1001), (Source::Node(NODE), 8, 1002)]);
    assert_eq!(FROZEN.len(), 36 + 2 * (28 + 72));
    assert_eq!(FileHeader::decode(FROZEN).unwrap(), FileHeader { node: NODE, first: Seq::new(7) });
    assert_eq!(FROZEN[..8], *b"TWLL\x01\0\0\0");
    assert_eq!(FROZEN[36..44], *b"TWFR\x48\0\0\0");
    let (first, second) = (Frame::decode(&FROZEN[36..]).unwrap(), Frame::decode(&FROZEN[136..]).unwrap());
    assert_eq!((first.seq, first.synced_bytes), (Seq::new(7), 36));
    assert_eq!((second.seq, second.synced_bytes), (Seq::new(8), 136));
}

fn token() -> EntryToken {
    EntryToken { id: TokenId::from_bytes([0x22; 16]), spans: Vec::new() }
}

#[test]
fn file_frozen_with_entries_of_version_2_reads_the_same() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("node"), NODE.to_string()).unwrap();
    fs::write(folder.path().join("00000000000000000007.log"), FROZEN_ENTRIES_V2).unwrap();
    let (_, entries) = read_folder(folder.path()).unwrap().unwrap();
    let read: Vec<_> =
        entries.iter().map(|entry| (entry.seq.get(), entry.stamp.as_ns(), entry.tokens.clone())).collect();
    assert_eq!(read, [(7, 1001, vec![]), (8, 1002, vec![token()])]);
    assert_eq!(FROZEN_ENTRIES_V2[..36], FROZEN[..36]);
    assert_eq!(FROZEN_ENTRIES_V2.len(), 36 + (28 + 76) + (28 + 76 + 20));
    assert_eq!(FROZEN_ENTRIES_V2[64..72], *b"TWWL\x02\0\0\0");
}

#[test]
#[ignore = "wrote the frozen bytes once; a new version gets a new file"]
fn file_frozen_is_written() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("node"), NODE.to_string()).unwrap();
    let (mut log, _) = open(folder.path());
    log.skip_to(Seq::new(7));
    append(&mut log, 1001);
    log.sync().unwrap();
    let entry = entry_of(log.node(), log.next_seq(), 1002);
    append_entry(&mut log, &Entry { tokens: vec![token()], ..entry });
    let bytes = fs::read(folder.path().join(file_name(Seq::new(7)))).unwrap();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/local-log-v1-entry-v2.bin");
    std::io::Write::write_all(&mut fs::File::create_new(path).unwrap(), &bytes).unwrap();
}

//! What is acknowledged is on the disk, and so is its name: every write, fsync, link, rename and new folder of this process
//! is recorded on its way to the system, and an oracle says what a power loss would leave.
#![allow(unsafe_code, clippy::unwrap_used)]
#![cfg(target_os = "linux")]

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::fs;
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rustix::fs::{AtFlags, CWD, Mode};
use tidewell_buffer::Entry;
use tidewell_env::Env;
use tidewell_storage::{Created, DatabaseLayout, Replaced, Revalidated, Store, StoreOptions, StoreUrl};
use tidewell_types::{Batch, DatabaseName, Seq, Source, Stamp, Version, WriteId};
use tidewell_wal::{LocalLog, entry};

/// What this process did to files, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Event {
    Write(PathBuf),
    Sync(PathBuf),
    Link(PathBuf, PathBuf),
    Rename(PathBuf, PathBuf),
    Folder(PathBuf),
}

static EVENTS: Mutex<Vec<Event>> = Mutex::new(Vec::new());

fn record(event: Event) {
    EVENTS.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(event);
}

/// What a file descriptor stands for, asked without any call that is recorded.
fn path_of(fd: c_int) -> Option<PathBuf> {
    let name = rustix::fs::readlinkat(CWD, format!("/proc/self/fd/{fd}"), Vec::new()).ok()?;
    Some(PathBuf::from(name.into_string().ok()?)).filter(|path| path.is_absolute())
}

fn text(path: *const c_char) -> PathBuf {
    // SAFETY: the standard library hands over a text that ends with a zero.
    PathBuf::from(unsafe { CStr::from_ptr(path) }.to_string_lossy().into_owned())
}

/// The system's answer in the way of the C library, whose functions these stand in for.
fn answer(result: rustix::io::Result<()>) -> c_int {
    match result {
        Ok(()) => 0,
        Err(error) => {
            // SAFETY: the place of this thread's error number.
            unsafe { *errno() = error.raw_os_error() };
            -1
        }
    }
}

unsafe extern "C" {
    #[link_name = "__errno_location"]
    safe fn errno() -> *mut c_int;
}

/// # Safety
/// As `fsync` of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fsync(fd: c_int) -> c_int {
    let path = path_of(fd);
    // SAFETY: the caller holds it open.
    let done = rustix::fs::fsync(unsafe { BorrowedFd::borrow_raw(fd) });
    if let (Some(path), Ok(())) = (path, &done) {
        record(Event::Sync(path));
    }
    answer(done)
}

/// # Safety
/// As `fdatasync` of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fdatasync(fd: c_int) -> c_int {
    // SAFETY: as above; what it leaves out, times, nothing rests on.
    unsafe { fsync(fd) }
}

/// # Safety
/// As `write` of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn write(fd: c_int, bytes: *const c_void, count: usize) -> isize {
    // SAFETY: the caller holds it open, and says where its bytes are.
    let (fd_held, slice) =
        unsafe { (BorrowedFd::borrow_raw(fd), std::slice::from_raw_parts(bytes.cast::<u8>(), count)) };
    if let Some(path) = path_of(fd).filter(|path| !path.starts_with("/dev") && !path.starts_with("/proc")) {
        record(Event::Write(path));
    }
    match rustix::io::write(fd_held, slice) {
        Ok(written) => written as isize,
        Err(error) => answer(Err(error)) as isize,
    }
}

/// # Safety
/// As `rename` of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    let (from, to) = (text(from), text(to));
    let done = rustix::fs::rename(&from, &to);
    record(Event::Rename(from, to));
    answer(done)
}

/// # Safety
/// As `linkat` of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linkat(
    _from_fd: c_int,
    from: *const c_char,
    _to_fd: c_int,
    to: *const c_char,
    _flags: c_int,
) -> c_int {
    let (from, to) = (text(from), text(to));
    let done = rustix::fs::linkat(CWD, &from, CWD, &to, AtFlags::empty());
    if done.is_ok() {
        record(Event::Link(from, to));
    }
    answer(done)
}

/// # Safety
/// As `mkdir` of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mkdir(path: *const c_char, mode: c_uint) -> c_int {
    let path = text(path);
    let done = rustix::fs::mkdir(&path, Mode::from_raw_mode(mode));
    if done.is_ok() {
        record(Event::Folder(path));
    }
    answer(done)
}

/// What a power loss would leave, by the letter of POSIX: contents as of their last fsync, names as of their folder's.
#[derive(Debug, Default)]
struct Disk {
    /// Files and folders with what no fsync has covered: bytes of a file, entries of a folder.
    dirty: BTreeSet<PathBuf>,
    /// Under which name a file's content was written, where it got another since.
    contents: BTreeMap<PathBuf, PathBuf>,
    /// Names that the last fsync of their folder covers.
    names: BTreeSet<PathBuf>,
    pending: BTreeSet<PathBuf>,
}

impl Disk {
    fn now() -> Self {
        let mut disk = Self::default();
        for event in EVENTS.lock().unwrap().iter() {
            disk.apply(event);
        }
        disk
    }

    fn content(&self, path: &Path) -> PathBuf {
        self.contents.get(path).cloned().unwrap_or_else(|| path.to_owned())
    }

    fn apply(&mut self, event: &Event) {
        match event {
            Event::Write(path) => {
                let content = self.content(path);
                self.dirty.insert(content);
                if !self.names.contains(path) {
                    self.pending.insert(path.clone());
                }
            }
            Event::Sync(path) => {
                let content = self.content(path);
                self.dirty.remove(&content);
                let named: Vec<PathBuf> =
                    self.pending.iter().filter(|name| name.parent() == Some(path)).cloned().collect();
                for name in named {
                    self.pending.remove(&name);
                    self.names.insert(name);
                }
            }
            Event::Link(from, to) | Event::Rename(from, to) => {
                let content = self.content(from);
                self.contents.insert(to.clone(), content);
                self.names.remove(to);
                self.pending.insert(to.clone());
            }
            Event::Folder(path) => {
                self.pending.insert(path.clone());
            }
        }
    }

    /// Whether a file outlives a power loss, with every folder below `root` that leads to it.
    fn has(&self, root: &Path, file: &Path) -> bool {
        let folders = file.ancestors().skip(1).take_while(|folder| *folder != root);
        let is_named = |path: &Path| self.names.contains(path);
        !self.dirty.contains(&self.content(file)) && is_named(file) && folders.into_iter().all(is_named)
    }
}

fn store_in(folder: &Path) -> Store {
    Store::open(&StoreUrl::Folder(folder.to_owned()), Env::system(), &StoreOptions::default()).unwrap()
}

/// arrow-rs-object-store #643, #661; s2 #669, #670; namidb #74; ClickHouse #111330: objects in a folder were acknowledged and
/// never fsynced, and were full of zeros after a power loss.
#[tokio::test]
async fn object_acknowledged_in_a_folder_outlives_a_power_loss() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("store");
    let store = store_in(&root);
    let layout = DatabaseLayout::new(&DatabaseName::new("d").unwrap());
    let write_id = WriteId::from_bytes([1; 16]);
    let is_there = |key: &str| Disk::now().has(folder.path(), &root.join(key));

    let record = layout.log(Version::new(1));
    assert_eq!(store.create(&record, "a".into(), write_id).await.unwrap(), Created::Mine);
    assert!(is_there(record.as_str()), "created");
    let leaf = layout.leaf(tidewell_types::Generation::ZERO, write_id);
    store.put(&leaf, "b".into()).await.unwrap();
    assert!(is_there(leaf.as_str()), "put");
    let hint = layout.hint();
    for body in ["c", "d"] {
        store.overwrite(&hint, body.into()).await.unwrap();
        assert!(is_there(hint.as_str()), "overwritten");
    }
    let floor = layout.floor();
    assert!(matches!(store.replace(&floor, "e".into(), None).await.unwrap(), Replaced::Done(_)));
    assert!(is_there(floor.as_str()), "made by a replace");
    let found = store.get_versioned(&floor, None).await.unwrap();
    let Revalidated::Found { tag, .. } = found else { panic!("{found:?}") };
    assert!(matches!(store.replace(&floor, "f".into(), Some(&tag)).await.unwrap(), Replaced::Done(_)));
    assert!(is_there(floor.as_str()), "replaced");
}

fn entry_of(log: &LocalLog) -> Vec<u8> {
    let entry = Entry {
        source: Source::Node(log.node()),
        seq: log.next_seq(),
        stamp: Stamp::from_ns(1),
        batch: Batch::default(),
        tokens: Vec::new(),
    };
    entry::encode(&entry, WriteId::from_bytes([1; 16])).unwrap().to_vec()
}

fn log_files(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|item| item.unwrap().path());
    let mut files: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "log")).collect();
    files.sort();
    files
}

/// The same of the log on a disk: D1, D3 and D7 of the fault list.
///
/// arrow-rs-object-store #643, #661; s2 #669, #670; namidb #74; ClickHouse #111330: files were acknowledged and never
/// fsynced, and full of zeros after a power loss.
#[test]
fn frame_synced_in_a_local_log_outlives_a_power_loss() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wal");
    let (mut log, _) = LocalLog::open(&path, &Env::system()).unwrap();
    assert!(Disk::now().has(folder.path(), &path.join("node")), "the folder's identity");
    for _ in 0..3 {
        let entry = entry_of(&log);
        log.append(&entry).unwrap();
        let [file] = &log_files(&path)[..] else { panic!() };
        assert!(!Disk::now().has(folder.path(), file), "appended and not synced");
        log.sync().unwrap();
        assert!(Disk::now().has(folder.path(), file), "synced");
    }
    // A second file is begun only when the first is on the disk to its end; what is synced is synced in both.
    log.append(&entry_of(&log)).unwrap();
    log.skip_to(Seq::new(9));
    let [file] = &log_files(&path)[..] else { panic!() };
    assert!(!Disk::now().has(folder.path(), file), "closed and not synced");
    log.sync().unwrap();
    assert!(Disk::now().has(folder.path(), file), "closed and synced");
    log.append(&entry_of(&log)).unwrap();
    log.skip_to(Seq::new(20));
    log.append(&entry_of(&log)).unwrap();
    let files = log_files(&path);
    assert_eq!(files.len(), 3);
    assert!(files[..2].iter().all(|file| Disk::now().has(folder.path(), file)));
    drop(log);
    // What a crashed process left in the page cache is synced by who takes the folder over.
    let (_log, entries) = LocalLog::open(&path, &Env::system()).unwrap();
    assert_eq!(entries.len(), 6);
    assert!(Disk::now().has(folder.path(), &files[2]));
    tidewell_wal::bind(&path, tidewell_types::StoreId::from_bytes([3; 16])).unwrap();
    assert!(Disk::now().has(folder.path(), &path.join("store")));
}

#[test]
fn oracle_tells_what_is_not_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    fs::write(&one, "x").unwrap();
    assert!(!Disk::now().has(folder.path(), &one), "nothing is synced");
    let sync = |path: &Path| fs::File::open(path).unwrap().sync_all().unwrap();
    sync(&one);
    assert!(!Disk::now().has(folder.path(), &one), "its name is not");
    sync(folder.path());
    assert!(Disk::now().has(folder.path(), &one));
    fs::rename(&one, &two).unwrap();
    assert!(!Disk::now().has(folder.path(), &two), "its new name is not");
    sync(folder.path());
    assert!(Disk::now().has(folder.path(), &two));
    fs::create_dir(folder.path().join("deep")).unwrap();
    let three = folder.path().join("deep/three");
    fs::write(&three, "x").unwrap();
    sync(&three);
    sync(&folder.path().join("deep"));
    assert!(!Disk::now().has(folder.path(), &three), "its folder's name is not");
    sync(folder.path());
    assert!(Disk::now().has(folder.path(), &three));
}

//! Short runs of every fuzz target: whatever the bytes, no panic and no memory beyond what is stated; whatever was written,
//! no flipped bit and no cut goes unseen.
//!
//! `TIDEWELL_FUZZ_ROUNDS` says how many changed inputs each decoder meets; the default takes a few seconds each. A failure says
//! its round: with that in `TIDEWELL_FUZZ_FROM` it is the first.
#![allow(unsafe_code, clippy::unwrap_used, clippy::print_stdout)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Once;

use tidewell_hostile::{cut_short, flip, mutate_and_read, target, targets};

/// Rounds a decoder.
const ROUNDS: u64 = 4_000;
const SEED: u64 = 0x7464_6577_656c_6c00;

thread_local! {
    static TAKEN: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
    static PANICS: Cell<usize> = const { Cell::new(0) };
}

/// Counts what each thread holds, and the most that it held.
struct Counting;

fn count(bytes: isize) {
    // A thread that ends frees after its counters are gone.
    let _ = TAKEN.try_with(|taken| {
        taken.set(taken.get() + bytes);
        let _ = PEAK.try_with(|peak| peak.set(peak.get().max(taken.get())));
    });
}

// SAFETY: every call is passed on as it is to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        // Where it moves, old and new are there at once.
        count(bytes as isize);
        let moved = unsafe { System.realloc(pointer, layout, bytes) };
        count(-(layout.size() as isize));
        moved
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Counts the panics of each thread, those included that are caught.
fn count_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let shown = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            PANICS.set(PANICS.get() + 1);
            shown(panic);
        }));
    });
}

fn measured(read: &dyn Fn() -> Option<usize>) -> (Option<usize>, usize) {
    let before = TAKEN.get();
    PEAK.set(before);
    let parts = read();
    (parts, usize::try_from(PEAK.get() - before).unwrap())
}

/// Decoders that catch panics of the library below: Parquet's asserts on what is in pages.
const CATCHING: [&str; 2] = ["footer", "segment"];

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |number| number.parse().unwrap())
}

/// All that must hold of one decoder.
fn hold(name: &str) {
    count_panics();
    let target = target(name);
    for sample in &target.samples {
        let (read, taken_bytes) = measured(&|| (target.read)(&sample.bytes));
        assert!(read.is_some() && (target.goes_round)(&sample.bytes), "a sample is refused");
        assert!(taken_bytes <= (target.memory_bytes_max)(&sample.bytes), "a sample takes {taken_bytes} bytes");
        let sealed = (target.open)(&sample.bytes).map(|inner| (target.seal)(&inner));
        assert!(sealed.is_none_or(|bytes| (target.read)(&bytes).is_some()), "a sample that is sealed again is refused");
    }
    let (flips, cuts) = (flip(&target, SEED), cut_short(&target, SEED));
    let (from, rounds) = (setting("TIDEWELL_FUZZ_FROM", SEED), setting("TIDEWELL_FUZZ_ROUNDS", ROUNDS));
    let findings = mutate_and_read(&target, from..from + rounds, |read| {
        let panics = PANICS.get();
        let measured = measured(read);
        assert!(PANICS.get() == panics || CATCHING.contains(&name), "a panic was caught");
        measured
    });
    println!("{name}: {flips} flips, {cuts} cuts, {findings:?}");
    let is_checked = target.samples.iter().any(|sample| sample.is_checked);
    assert!(!is_checked || flips > 100 && cuts > 10, "too little was tried");
    assert!(findings.refused > rounds / 20, "hardly any changed input is refused");
    // Otherwise no change would have got past a checksum.
    assert!(findings.accepted > rounds / 1000, "no changed input is accepted");
}

macro_rules! hold {
    ($($test:ident: $name:literal,)*) => {
        $(
            #[test]
            fn $test() {
                hold($name);
            }
        )*

        #[test]
        fn every_target_has_a_short_run() {
            let names: Vec<&str> = targets().iter().map(|target| target.name).collect();
            let mut run = vec![$($name),*];
            run.sort_unstable();
            assert_eq!(names, run);
        }
    };
}

hold! {
    wal_object_of_hostile_bytes_is_read_or_refused: "wal_object",
    wal_rows_of_hostile_bytes_are_read_or_refused: "wal_rows",
    local_frame_of_hostile_bytes_is_read_or_refused: "local_frame",
    local_log_of_hostile_bytes_is_read_or_refused: "local_log",
    commit_of_hostile_bytes_is_read_or_refused: "commit",
    checkpoint_of_hostile_bytes_is_read_or_refused: "checkpoint",
    leaf_of_hostile_bytes_is_read_or_refused: "leaf",
    watermarks_of_hostile_bytes_are_read_or_refused: "watermarks",
    hint_of_hostile_bytes_is_read_or_refused: "hint",
    floor_of_hostile_bytes_is_read_or_refused: "floor",
    footer_of_hostile_bytes_is_read_or_refused: "footer",
    segment_of_hostile_bytes_is_read_or_refused: "segment",
    import_entry_of_hostile_bytes_is_read_or_refused: "import_entry",
    store_format_of_hostile_bytes_is_read_or_refused: "store_format",
    object_name_of_hostile_text_is_read_or_refused: "object_name",
    session_token_of_hostile_text_is_read_or_refused: "session_token",
}

//! An entry of an import's journal. What must hold of any bytes is in `tidewell_hostile`.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tidewell_hostile::{Target, target};

static TARGET: LazyLock<Target> = LazyLock::new(|| target("import_entry"));

fuzz_target!(|bytes: &[u8]| TARGET.run(bytes));

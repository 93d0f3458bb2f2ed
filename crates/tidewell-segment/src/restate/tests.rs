//! Statistics read back from a file are those that its encoder gave.
#![allow(clippy::unwrap_used)]

use proptest::prelude::{Just, Strategy, any, prop, proptest};
use proptest::test_runner::Config;
use proptest::{prop_assert_eq, prop_oneof};

use crate::sample::{Row, any_row, footer, model, row, segment};
use crate::{EncodeOptions, SegmentStats};

fn without_keys(stats: SegmentStats) -> SegmentStats {
    SegmentStats { key_min: None, key_max: None, ..stats }
}

fn options(row_group_rows_max: usize, cold: bool) -> EncodeOptions {
    let tier = if cold { EncodeOptions::cold() } else { EncodeOptions::hot() };
    EncodeOptions { row_group_rows_max, ..tier }
}

proptest! {
    #![proptest_config(Config::with_cases(64))]
    #[test]
    fn stats_read_back_are_those_of_the_encoder(
        rows in prop::collection::vec(any_row(), 1..120),
        row_group_rows in 1_usize..60,
        cold in any::<bool>(),
    ) {
        let segment = segment(&model(&rows), &options(row_group_rows, cold));
        prop_assert_eq!(SegmentStats::read(&footer(&segment.bytes)).unwrap(), without_keys(segment.stats));
    }

    #[test]
    fn bounds_of_long_texts_enclose_them(
        hosts in prop::collection::vec(
            prop_oneof![Just("ü"), Just("a"), Just("\u{10ffff}")].prop_flat_map(|text| (0..90_usize).prop_map(move |n| text.repeat(n))),
            1..5,
        ),
    ) {
        let rows: Vec<Row> = hosts.iter().enumerate().map(|(time, host)| row("eu", host, time as i64, 1.0)).collect();
        let segment = segment(&model(&rows), &EncodeOptions::hot());
        let stats = SegmentStats::read(&footer(&segment.bytes)).unwrap();
        let (min, max) = (stats.tags[1].min.clone().unwrap(), stats.tags[1].max.clone());
        for host in &hosts {
            assert!(min <= *host && max.as_ref().is_none_or(|max| host <= max), "{min:?} {host:?} {max:?}");
        }
        prop_assert_eq!(stats.tags[1].null_count, 0);
    }
}

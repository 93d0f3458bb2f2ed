//! The file that is read beside other readers: ten million rows of a time, two texts and four numbers.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// How the time is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Times {
    /// `2024-01-01T00:00:00Z`
    Text,
    /// Milliseconds since 1970.
    Epoch,
}

impl Times {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Text, Self::Epoch];

    /// Its name in the report.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Text => "RFC 3339",
            Self::Epoch => "epoch ms",
        }
    }
}

const REGIONS: [&str; 5] = ["eu-west", "eu-north", "us-east", "us-west", "asia"];

/// Writes a file of so many rows, a second apart; gives its bytes.
pub(crate) fn write_table(path: &Path, times: Times, rows: u64) -> u64 {
    let mut state = 42_u64;
    let mut next = |bound: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    };
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path).unwrap());
    writeln!(file, "time,host,region,load,temp,bytes,errors").unwrap();
    for row in 0..rows {
        match times {
            Times::Epoch => write!(file, "{}", 1_704_067_200_000 + row * 1000).unwrap(),
            Times::Text => {
                let (day, second) = (row / 86_400, row % 86_400);
                // Months of 28 days, so that every date exists.
                let (month, day, year) = (day / 28 % 12 + 1, day % 28 + 1, 2024 + day / 336);
                let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
                write!(file, "{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z").unwrap();
            }
        }
        let (host, region, load, temp) = (next(100), next(5), next(100_000), next(1_000));
        let region = REGIONS[usize::try_from(region).unwrap()];
        let (load, load_rest, temp, temp_rest) = (load / 1000, load % 1000, temp / 10, temp % 10);
        let (bytes, errors) = (next(1 << 31), next(100));
        writeln!(file, ",host-{host},{region},{load}.{load_rest:03},{temp}.{temp_rest},{bytes},{errors}").unwrap();
    }
    file.into_inner().unwrap().metadata().unwrap().len()
}

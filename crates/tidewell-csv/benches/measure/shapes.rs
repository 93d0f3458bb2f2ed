//! Files of the shapes that are measured.

use std::fmt::Write;

/// What a file looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A time in seconds since 1970, a tag, two floats and an integer.
    Metrics,
    /// A date and time as text, a tag, two floats and an integer.
    Dated,
    /// As [`Self::Dated`], with every cell quoted.
    Quoted,
}

impl Shape {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Metrics, Self::Dated, Self::Quoted];

    /// Its name in the report.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Metrics => "epoch, tag, numbers",
            Self::Dated => "date, tag, numbers",
            Self::Quoted => "the same, quoted",
        }
    }
}

/// A file of so many rows.
pub(crate) fn make_file(shape: Shape, rows: usize, seed: u64) -> String {
    let mut state = seed;
    let mut next = |bound: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    };
    let mut text = "time,host,load,temp,bytes\n".to_owned();
    for row in 0..rows {
        let time = match shape {
            Shape::Metrics => format!("{}", 1_700_000_000 + row),
            _ => format!(
                "2024-01-{:02} {:02}:{:02}:{:02}",
                row / 86_400 % 28 + 1,
                row / 3600 % 24,
                row / 60 % 60,
                row % 60
            ),
        };
        let (host, load, temp, bytes) = (next(100), next(100_000), next(1_000), next(1 << 31));
        let quote = if shape == Shape::Quoted { "\"" } else { "" };
        let load = format!("{}.{:03}", load / 1000, load % 1000);
        let temp = format!("{}.{}", temp / 10, temp % 10);
        let cells = [time, format!("host-{host}"), load, temp, bytes.to_string()];
        let cells = cells.map(|cell| format!("{quote}{cell}{quote}"));
        writeln!(text, "{}", cells.join(",")).unwrap();
    }
    text
}

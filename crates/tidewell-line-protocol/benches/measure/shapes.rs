//! Bodies to parse, made from a seed: the look of host metrics in three widths.

use std::fmt::Write as _;

/// What each line of a body is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// 10 tags and 10 integer fields.
    TagsAndIntegers,
    /// 10 tags and 10 float fields.
    TagsAndFloats,
    /// 1 tag and 1 float field.
    Short,
}

impl Shape {
    /// Every shape.
    pub(crate) const ALL: [Self; 3] = [Self::TagsAndIntegers, Self::TagsAndFloats, Self::Short];

    /// Its name in the report.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::TagsAndIntegers => "10 tags + 10 integers",
            Self::TagsAndFloats => "10 tags + 10 floats",
            Self::Short => "1 tag + 1 float",
        }
    }
}

const REGIONS: [&str; 5] = ["eu-central-1", "us-west-1", "sa-east-1", "us-west-2", "ap-southeast-2"];
const SYSTEMS: [&str; 3] = ["Ubuntu15.10", "Ubuntu16.04LTS", "Ubuntu16.10"];
const TEAMS: [&str; 4] = ["SF", "NYC", "CHI", "LON"];
const ENVIRONMENTS: [&str; 3] = ["test", "staging", "production"];
const FIELDS: [&str; 10] = [
    "usage_user",
    "usage_system",
    "usage_idle",
    "usage_nice",
    "usage_iowait",
    "usage_irq",
    "usage_softirq",
    "usage_steal",
    "usage_guest",
    "usage_guest_nice",
];

/// A small generator of numbers that only have to be the same for the same seed.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn pick(&mut self, words: &[&'static str]) -> &'static str {
        words[self.below(words.len() as u64) as usize]
    }
}

/// A body of `line_count` lines.
pub(crate) fn make_body(shape: Shape, line_count: usize, seed: u64) -> String {
    let mut random = Seeded(seed);
    let mut body = String::new();
    for index in 0..line_count {
        let host = index % 4_000;
        let timestamp = 1_451_606_400_000_000_000 + (index / 4_000) as u64 * 10_000_000_000;
        match shape {
            Shape::Short => write_short(&mut body, host, &mut random),
            Shape::TagsAndIntegers => write_wide(&mut body, host, &mut random, false),
            Shape::TagsAndFloats => write_wide(&mut body, host, &mut random, true),
        }
        writeln!(body, " {timestamp}").unwrap();
    }
    body
}

fn write_short(body: &mut String, host: usize, random: &mut Seeded) {
    write!(body, "mem,host=host_{host} used_percent={}.{:02}", random.below(100), random.below(100)).unwrap();
}

fn write_wide(body: &mut String, host: usize, random: &mut Seeded, floats: bool) {
    let region = random.pick(&REGIONS);
    write!(body, "cpu,hostname=host_{host},region={region},datacenter={region}a,rack={}", random.below(100)).unwrap();
    write!(body, ",os={},arch=x{},team={}", random.pick(&SYSTEMS), 64 + 22 * random.below(2), random.pick(&TEAMS))
        .unwrap();
    write!(body, ",service={},service_version={}", random.below(20), random.below(2)).unwrap();
    write!(body, ",service_environment={}", random.pick(&ENVIRONMENTS)).unwrap();
    for (index, field) in FIELDS.iter().enumerate() {
        let separator = if index == 0 { ' ' } else { ',' };
        write!(body, "{separator}{field}={}", random.below(101)).unwrap();
        if floats {
            write!(body, ".{:06}", random.below(1_000_000)).unwrap();
        } else {
            body.push('i');
        }
    }
}

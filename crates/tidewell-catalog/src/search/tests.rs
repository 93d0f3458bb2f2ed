//! What searches find, and in which order.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use tidewell_types::WriteId;

use super::*;
use crate::build::build;
use crate::chunk::SeriesRows;
use crate::index;
use crate::part::{self, Marks, Part};
use crate::record::Mapping;

/// A dataset to be searched.
#[derive(Clone, Debug, Default)]
struct Planted {
    name: String,
    tags: Vec<(String, String)>,
    description: Option<String>,
    columns: usize,
    ids: Vec<String>,
}

fn dataset(name: &str, ids: &[&str]) -> Planted {
    let ids = ids.iter().map(|id| (*id).to_owned()).collect();
    Planted { name: name.to_owned(), columns: 1, ids, ..Planted::default() }
}

fn part_of(planted: &Planted, number: usize) -> Part {
    let record = DatasetRecord {
        name: planted.name.clone(),
        source: "memory://".to_owned(),
        root: format!("{number:04}"),
        description: planted.description.clone(),
        tags: planted.tags.clone(),
        mapping: Mapping { series_columns: vec!["c".to_owned(); planted.columns], ..Mapping::default() },
        ..DatasetRecord::default()
    };
    let mut ids = planted.ids.clone();
    ids.sort_unstable();
    ids.dedup();
    let series: Vec<SeriesRows> =
        ids.into_iter().enumerate().map(|(at, id)| SeriesRows { id, row_count: at as u64 + 1 }).collect();
    let marks = Marks { dataset: [1; 16], content: [2; 16], context: [3; 16] };
    Part::open(part::encode(&marks, &record, &[], &series).unwrap()).unwrap()
}

/// An index as a process reads it.
fn index_of(planted: &[Planted]) -> Index {
    let parts: Vec<Part> = planted.iter().enumerate().map(|(number, planted)| part_of(planted, number)).collect();
    let bytes = index::encode(5, WriteId::from_bytes([9; 16]), &parts, &build(&parts).unwrap()).unwrap();
    index::decode(&bytes).unwrap().1
}

fn ask(planted: &[Planted], query: &Query) -> Answer {
    search(&index_of(planted), &Typos::default(), query).unwrap()
}

/// The series that are found, best first, of all datasets.
fn ids(planted: &[Planted], text: &str) -> Vec<String> {
    let query = Query { limit: 100, series_limit: 100, ..Query::of(text) };
    let answer = ask(planted, &query);
    answer.hits.into_iter().flat_map(|hit| hit.series).map(|series| series.id).collect()
}

fn names(planted: &[Planted], query: &Query) -> Vec<String> {
    ask(planted, query).hits.into_iter().map(|hit| hit.record.name).collect()
}

#[test]
fn search_ranks_exact_before_beginning_before_typo_before_two() {
    let one = dataset("d", &["x-pressures", "x-pressure", "x-presure", "x-preszxre", "x-prexzzre", "x-flow"]);
    assert_eq!(ids(&[one], "pressure"), ["x-pressure", "x-pressures", "x-presure", "x-preszxre"]);
}

#[test]
fn search_takes_swapped_letters_for_one_typo_and_bends_no_short_word_or_number() {
    let one = dataset("d", &["flow", "12345", "abc", "a1b2c3d4e5"]);
    for (text, found) in [
        ("folw", 1),
        ("flo", 1),
        ("flwo", 1),
        ("fxxw", 0),
        ("12346", 0),
        ("abd", 0),
        ("flowx", 1),
        ("a1b2c3d4ef", 1),
        ("a1b2c3d4ff", 0),
    ] {
        assert_eq!(ids(std::slice::from_ref(&one), text).len(), found, "{text}");
    }
}

#[test]
fn search_of_two_words_puts_those_with_both_first() {
    let one = dataset("d", &["wind/hamburg", "wind/bremen", "rain/hamburg", "rain/kiel"]);
    assert_eq!(ids(std::slice::from_ref(&one), "hamburg wind"), ["wind/hamburg", "rain/hamburg", "wind/bremen"]);
    let answer = ask(&[one], &Query::of("hamburg wind"));
    assert_eq!(answer.hits[0].series_matched, 1);
    assert_eq!(answer.hits[0].matched, 2);
}

#[test]
fn search_joins_words_of_a_dataset_with_those_of_its_series() {
    let there = Planted { tags: vec![("site".into(), "hamburg".into())], ..dataset("a", &["wind", "rain"]) };
    let other = dataset("b", &["wind", "rain"]);
    let answer = ask(&[other, there], &Query::of("hamburg wind"));
    let found: Vec<_> = answer.hits.iter().map(|hit| (hit.record.name.as_str(), hit.matched)).collect();
    assert_eq!(found, [("a", 2), ("b", 1)]);
    assert_eq!(answer.hits[0].series[0].id, "wind");
    assert_eq!(answer.hits[0].series_matched, 1);
}

#[test]
fn search_weighs_name_over_tag_over_series_over_description() {
    let planted = [
        Planted { description: Some("about tide".into()), ..dataset("a", &["x"]) },
        dataset("b", &["tide/x"]),
        Planted { tags: vec![("tide".into(), String::new())], ..dataset("c", &["x"]) },
        dataset("d tide", &["x"]),
    ];
    assert_eq!(names(&planted, &Query::of("tide")), ["d tide", "c", "b", "a"]);
}

#[test]
fn search_for_a_whole_id_or_name_puts_it_first() {
    let planted = [
        dataset("pump one two", &["pump-1/flow", "flow-1/pump", "pump/1/flow/x"]),
        dataset("one two", &["pump_1_flow", "q"]),
    ];
    assert_eq!(ids(&planted, "PUMP_1_flow")[0], "pump_1_flow");
    assert_eq!(ids(&planted, "flow-1/pump")[0], "flow-1/pump");
    let answer = ask(&planted, &Query::of("flow-1/pump"));
    assert_eq!((answer.hits[0].series[0].matched, answer.hits[0].matched), (4, 4));
    assert_eq!(names(&planted, &Query::of("One Two"))[0], "one two");
}

#[test]
fn search_reads_words_in_capitals_numbers_and_other_scripts() {
    let one = dataset("d", &["TempSensor007", "Zürich_Höhe", "ΑΘΗΝΑ", "温度計", "HTTPServer2"]);
    for (text, id) in [
        ("sensor 7", "TempSensor007"),
        ("tempsensor", "TempSensor007"),
        ("ZÜRICH", "Zürich_Höhe"),
        ("zurich", "Zürich_Höhe"),
        ("höhe", "Zürich_Höhe"),
        ("αθηνα", "ΑΘΗΝΑ"),
        ("温度", "温度計"),
        ("server", "HTTPServer2"),
        ("http", "HTTPServer2"),
    ] {
        assert_eq!(ids(std::slice::from_ref(&one), text).first().map(String::as_str), Some(id), "{text}");
    }
}

#[test]
fn search_finds_values_of_composite_ids_and_not_their_columns() {
    let one = Planted { columns: 2, ..dataset("d", &["site=north,crane=a\\,b", "site=south,crane=2"]) };
    assert_eq!(ids(std::slice::from_ref(&one), "north"), ["site=north,crane=a\\,b"]);
    assert_eq!(ids(std::slice::from_ref(&one), "site"), [""; 0]);
    let answer = ask(&[one], &Query::of("b north"));
    let hit = &answer.hits[0].series[0];
    let words: Vec<&str> = hit.ranges.iter().map(|range| &hit.id[range.clone()]).collect();
    assert_eq!(words, ["north", "b"]);
}

#[test]
fn search_highlights_what_it_found_where_it_stands() {
    let one = Planted {
        tags: vec![("owner".into(), "port of windy".into()), ("dry".into(), String::new())],
        description: Some("Winds; no rain".into()),
        ..dataset("Wind farm", &["wind/7"])
    };
    let answer = ask(&[one], &Query::of("wind"));
    let found: Vec<(Field, Vec<&str>)> = answer.hits[0]
        .highlights
        .iter()
        .map(|of| (of.field, of.ranges.iter().map(|range| &of.text[range.clone()]).collect()))
        .collect();
    let expected = [(Field::Name, vec!["Wind"]), (Field::Tag, vec!["windy"]), (Field::Description, vec!["Winds"])];
    assert_eq!(found, expected);
    assert_eq!(answer.hits[0].series[0].ranges, std::slice::from_ref(&(0..4)));
}

#[test]
fn search_of_kinds_and_of_one_dataset_leaves_the_others_out() {
    let planted = [dataset("tide", &["x"]), dataset("b", &["tide"]), dataset("c", &["tide"])];
    let of = |kinds: Kinds| Query { kinds, ..Query::of("tide") };
    assert_eq!(names(&planted, &of(Kinds::All)), ["tide", "b", "c"]);
    assert_eq!(names(&planted, &of(Kinds::Datasets)), ["tide"]);
    assert_eq!(names(&planted, &of(Kinds::Series)), ["b", "c"]);
    assert_eq!(names(&planted, &Query { dataset: Some("c".into()), ..Query::of("tide") }), ["c"]);
}

#[test]
fn search_in_pages_gives_what_one_page_gives() {
    let planted: Vec<Planted> =
        (0..30).map(|at| dataset(&format!("d{at}"), &["tide a", "tide b", "tide", "ebb"][at % 3..])).collect();
    let all = ask(&planted, &Query { limit: 100, series_limit: 100, ..Query::of("tide a") });
    assert_eq!(all.dataset_count, 30);
    let paged: Vec<Hit> = (0..30)
        .step_by(7)
        .flat_map(|offset| ask(&planted, &Query { limit: 7, offset, series_limit: 100, ..Query::of("tide a") }).hits)
        .collect();
    assert_eq!(paged, all.hits);
    let first = |series_offset| {
        let query = Query { series_limit: 1, series_offset, ..Query::of("tide a") };
        ask(&planted, &query).hits.remove(0).series
    };
    let single: Vec<_> = (0..3).flat_map(first).collect();
    assert_eq!(single, all.hits[0].series);
}

#[test]
fn search_for_nothing_finds_nothing() {
    let one = dataset("d", &["x"]);
    for text in ["", "  ", "-/-", "zzzz"] {
        let answer = ask(std::slice::from_ref(&one), &Query::of(text));
        assert_eq!((answer.hits.len(), answer.dataset_count, answer.sequence), (0, 0, 5), "{text:?}");
    }
    assert_eq!(search(&Index::empty(), &Typos::default(), &Query::of("x")).unwrap().sequence, 0);
}

#[test]
fn search_for_a_beginning_of_thousands_of_words_says_that_it_is_partial() {
    let ids: Vec<String> = (0..3000).map(|at| format!("ab{at:04}cd{at}x")).collect();
    let one = Planted { ids, ..dataset("d", &[]) };
    let answer = ask(std::slice::from_ref(&one), &Query::of("ab"));
    assert!(answer.is_partial && answer.hits.len() == 1);
    let all = dataset("d", &["ab", "abc"]);
    assert!(!ask(&[all], &Query::of("ab")).is_partial);
}

fn planted() -> impl Strategy<Value = Vec<Planted>> {
    let word = || prop::sample::select(vec!["tide", "tides", "tidal", "wave", "waves", "wav", "7", "70", "crane", "x"]);
    let text = move |words| prop::collection::vec(word(), words).prop_map(|words| words.join("/"));
    let dataset = (text(0..3), text(0..2), prop::collection::vec(text(1..5), 0..200));
    let dataset = dataset.prop_map(|(name, tag, ids)| Planted {
        name,
        tags: vec![(tag, String::new())],
        ids,
        columns: 1,
        ..Planted::default()
    });
    prop::collection::vec(dataset, 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Leaving blocks out never changes what is best: the same as looking at every series.
    #[test]
    fn ranking_that_skips_gives_what_looking_at_all_gives(
        planted in planted(), text in "(tide|waves|tidel|7|cra|x)( (tide|wave|crane|70)){0,2}", count in 1usize..20,
    ) {
        let index = index_of(&planted);
        let found = expand(&index, &Typos::default(), &text).unwrap();
        let ranking = Ranking::new(&index, &found, BTreeSet::new());
        let mut with_any = 0;
        for dataset in 0..planted.len() {
            let (from, to) = (index.starts[dataset], index.starts[dataset + 1]);
            let mut all: Vec<(Fit, u32)> = Vec::new();
            for series in from..to {
                if found.words.iter().any(|word| word.any.get(series as usize / 64).is_some_and(|bits| bits >> (series % 64) & 1 == 1)) {
                    all.push((ranking.one(dataset, series), series));
                }
            }
            with_any += all.len() as u64;
            all.sort_by(|a, b| a.0.order(&b.0).then(a.1.cmp(&b.1)));
            let best = ranking.series(dataset, count);
            prop_assert_eq!(best.with_any, all.len() as u64);
            all.truncate(count);
            prop_assert_eq!(best.series, all);
        }
        // And finding by the index is finding by reading.
        let naive = planted.iter().map(|planted| {
            let mut ids = planted.ids.clone();
            ids.sort_unstable();
            ids.dedup();
            ids.iter().filter(|id| words(id).iter().any(|word| found.words.iter().any(|of| of.spellings.contains(&word.text)))).count() as u64
        });
        prop_assert_eq!(with_any, naive.sum::<u64>());
    }
}

//! Parts that are read before it is known what stands before them, against one reader.

use arrow_array::RecordBatch;
use proptest::prelude::*;

use super::*;
use crate::shown::rows_of;
use crate::{CsvDivider, CsvEnd, CsvOptions, CsvReader, Rejections, infer};

struct Found {
    rows: Vec<String>,
    rejections: Rejections,
    types: CsvTypes,
    /// How many parts were read again.
    again: usize,
}

fn whole(plan: &CsvPlan, bytes: &[u8]) -> Found {
    let mut reader = CsvReader::new(plan.clone());
    let batches = reader.push(bytes).unwrap();
    found(batches, reader.finish().unwrap())
}

fn found(mut batches: Vec<RecordBatch>, end: CsvEnd) -> Found {
    batches.extend(end.batches);
    let rows = batches.into_iter().flat_map(|batch| rows_of(&end.plan.fit(batch).unwrap())).collect();
    Found { rows, rejections: end.rejections, types: end.types, again: 0 }
}

fn read_part(plan: &CsvPlan, types: &CsvTypes, records: &crate::CsvRecords) -> CsvEnd {
    let mut reader = CsvReader::reading_on(plan.clone(), types, records.line);
    let batches = reader.push(&records.bytes).unwrap();
    let mut end = reader.finish().unwrap();
    end.batches.splice(..0, batches);
    end
}

/// Each part is read by what was known `ahead` parts before it.
fn apart(plan: &CsvPlan, bytes: &[u8], chunk_bytes: usize, ahead: usize) -> Found {
    let mut divider = CsvDivider::new(plan.clone());
    let mut known = vec![CsvTypes::new(plan)];
    let (mut batches, mut rejections, mut again, mut end_plan) = (Vec::new(), Rejections::default(), 0, plan.clone());
    let chunks: Vec<&[u8]> = bytes.chunks(chunk_bytes).collect();
    for (at, chunk) in chunks.iter().enumerate() {
        let records = divider.push(chunk, at + 1 == chunks.len()).unwrap();
        let assumed = known[known.len().saturating_sub(1 + ahead)].clone();
        let mut types = known.last().unwrap().clone();
        let mut end = read_part(plan, &assumed, &records);
        if !types.go_on(&assumed, &end.types) {
            again += 1;
            end = read_part(plan, &types, &records);
            types = end.types.clone();
        }
        known.push(types);
        batches.append(&mut end.batches);
        rejections.append(end.rejections, plan.rejected_listed_max());
        end_plan = end.plan;
    }
    let rows = batches.into_iter().flat_map(|batch| rows_of(&end_plan.fit(batch).unwrap())).collect();
    Found { rows, rejections, types: known.pop().unwrap(), again }
}

fn assert_same(text: &str, sample_bytes: usize, chunk_bytes: usize, ahead: usize) -> usize {
    let options =
        CsvOptions { time_columns: vec!["time".to_owned()], tags: vec!["s".to_owned()], ..CsvOptions::default() };
    let Ok(plan) = infer(&text.as_bytes()[..sample_bytes], sample_bytes == text.len(), &options) else { return 0 };
    let (one, many) = (whole(&plan, text.as_bytes()), apart(&plan, text.as_bytes(), chunk_bytes, ahead));
    assert_eq!(many.rejections, one.rejections);
    assert_eq!(many.rows, one.rows);
    assert_eq!(many.types, one.types);
    many.again
}

#[test]
fn column_that_widens_in_the_middle_has_only_the_parts_under_way_read_again() {
    let row = |row: i64| format!("{row},a,{row}{},\n", if row < 500 { "" } else { ".5" });
    let text: String = std::iter::once("time,s,v,late\n".to_owned()).chain((0..1000).map(row)).collect();
    let again = assert_same(&text, 300, 200, 4);
    assert!((1..=5).contains(&again), "{again} parts");
}

#[test]
fn fraction_behind_a_whole_number_that_no_float_holds_is_rejected_in_a_later_part() {
    let row = |row: i64| match row {
        890 => format!("890,a,{}\n", (1_i64 << 60) + 1),
        ..900 => format!("{row},a,{row}\n"),
        _ => format!("{row},a,{row}.5\n"),
    };
    let text: String = std::iter::once("time,s,v\n".to_owned()).chain((0..1000).map(row)).collect();
    let again = assert_same(&text, 300, 200, 3);
    assert!(again > 0);
}

#[test]
fn column_without_values_is_decided_by_its_first_one_for_all_later_parts() {
    let row = |row: i64| match row {
        ..400 => format!("{row},a,\n"),
        400..600 => format!("{row},a,{row}\n"),
        _ => format!("{row},a,text\n"),
    };
    let text: String = std::iter::once("time,s,v\n".to_owned()).chain((0..700).map(row)).collect();
    assert_same(&text, 300, 100, 6);
}

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => (0..100_i64).prop_map(|value| value.to_string()),
        2 => Just(String::new()),
        1 => Just("0.5".to_owned()),
        1 => Just("9007199254740993".to_owned()),
        1 => Just("18446744073709551615".to_owned()),
        1 => Just("\"a\nb\"\"c\"".to_owned()),
        1 => Just("text".to_owned()),
        1 => Just("true".to_owned()),
        1 => Just("\"x\"y".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn parts_read_ahead_give_what_one_reader_gives(
        rows in prop::collection::vec((prop_oneof![9 => (0..100_u32).prop_map(|time| time.to_string()), 1 => Just("never".to_owned())], cell(), cell(), cell()), 1..80),
        sample_rows in 1..10_usize,
        chunk_bytes in 1..400_usize,
        ahead in 0..8_usize,
        ends_in_crlf in any::<bool>(),
    ) {
        let end = if ends_in_crlf { "\r\n" } else { "\n" };
        let head = format!("time,s,v,w{end}0,a,1,{end}");
        let lines: Vec<String> = rows.iter().map(|(time, s, v, w)| format!("{time},{s},{v},{w}{end}")).collect();
        let text = format!("{head}{}", lines.concat());
        let sample_bytes = head.len() + lines.iter().take(sample_rows - 1).map(String::len).sum::<usize>();
        assert_same(&text, sample_bytes, chunk_bytes, ahead);
    }
}

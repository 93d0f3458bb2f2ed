//! Every Arrow type, made with the Parquet library, as field, time and tag.

use std::sync::Arc;

use arrow_array::builder::{Int32Builder, ListBuilder, MapBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float16Type, Float64Type, Int8Type, Int32Type, Int64Type, TimestampNanosecondType, UInt64Type,
};
use arrow_array::*;
use arrow_buffer::i256;
use arrow_schema::{DataType, Field, IntervalUnit, TimeUnit};
use tidewell_types::{ColumnKind, FieldType};

use super::{file_of, file_with, plan, properties, rows};
use crate::foreign::{ForeignError, ForeignOptions, NumberUnit};

/// The column `v` of a file that has it, as text a row.
fn values(column: ArrayRef, options: &ForeignOptions) -> Result<Vec<String>, ForeignError> {
    let batch = rows(&file_of(column), options)?;
    let column = batch.column_by_name("v").unwrap();
    Ok((0..batch.num_rows()).map(|row| text(column, row)).collect())
}

fn text(column: &ArrayRef, row: usize) -> String {
    if column.is_null(row) {
        return "NULL".to_owned();
    }
    match column.data_type() {
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::UInt64 => format!("{}u", column.as_primitive::<UInt64Type>().value(row)),
        DataType::Float64 => format!("{:?}", column.as_primitive::<Float64Type>().value(row)),
        DataType::Boolean => column.as_boolean().value(row).to_string(),
        DataType::Utf8 => format!("{:?}", column.as_string::<i32>().value(row)),
        DataType::Timestamp(TimeUnit::Nanosecond, None) => {
            format!("{}ns", column.as_primitive::<TimestampNanosecondType>().value(row))
        }
        DataType::Dictionary(_, _) => {
            let tags = column.as_dictionary::<Int32Type>();
            format!("={}", tags.values().as_string::<i32>().value(tags.key(row).unwrap()))
        }
        other => panic!("{other} is no type of ours"),
    }
}

fn f16(value: f32) -> <Float16Type as ArrowPrimitiveType>::Native {
    <Float16Type as ArrowPrimitiveType>::Native::from_f32(value)
}

fn options() -> ForeignOptions {
    ForeignOptions::default()
}

fn flattened() -> ForeignOptions {
    ForeignOptions { flatten: true, ..options() }
}

fn tagged() -> ForeignOptions {
    ForeignOptions { tags: vec!["v".to_owned()], ..options() }
}

#[test]
fn types_numbers_keep_their_values_as_fields() {
    let cases: Vec<(ArrayRef, [&str; 2])> = vec![
        (Arc::new(Int8Array::from(vec![Some(i8::MIN), None])), ["-128", "NULL"]),
        (Arc::new(Int16Array::from(vec![Some(i16::MAX), None])), ["32767", "NULL"]),
        (Arc::new(Int32Array::from(vec![Some(i32::MIN), None])), ["-2147483648", "NULL"]),
        (Arc::new(Int64Array::from(vec![Some(i64::MIN), None])), ["-9223372036854775808", "NULL"]),
        (Arc::new(UInt8Array::from(vec![Some(255), None])), ["255u", "NULL"]),
        (Arc::new(UInt16Array::from(vec![Some(u16::MAX), None])), ["65535u", "NULL"]),
        (Arc::new(UInt32Array::from(vec![Some(u32::MAX), None])), ["4294967295u", "NULL"]),
        (Arc::new(UInt64Array::from(vec![Some(u64::MAX), None])), ["18446744073709551615u", "NULL"]),
        (Arc::new(Float16Array::from(vec![Some(f16(1.5)), None])), ["1.5", "NULL"]),
        (Arc::new(Float32Array::from(vec![Some(0.1), Some(f32::NAN)])), ["0.10000000149011612", "NaN"]),
        (Arc::new(Float64Array::from(vec![Some(-0.0), Some(f64::INFINITY)])), ["-0.0", "inf"]),
        (Arc::new(BooleanArray::from(vec![Some(true), None])), ["true", "NULL"]),
        (
            Arc::new(Decimal32Array::from(vec![Some(12345), None]).with_precision_and_scale(9, 2).unwrap()),
            ["123.45", "NULL"],
        ),
        (
            Arc::new(Decimal64Array::from(vec![Some(-1), None]).with_precision_and_scale(18, 18).unwrap()),
            ["-1e-18", "NULL"],
        ),
        (
            Arc::new(Decimal128Array::from(vec![Some(1_234_567), None]).with_precision_and_scale(38, 0).unwrap()),
            ["1234567", "NULL"],
        ),
        (
            Arc::new(
                Decimal256Array::from(vec![Some(i256::from_i128(-25)), None]).with_precision_and_scale(70, 1).unwrap(),
            ),
            ["-2.5", "NULL"],
        ),
    ];
    for (column, expected) in cases {
        let data_type = column.data_type().clone();
        assert_eq!(values(column, &options()).unwrap(), expected, "{data_type}");
    }
}

#[test]
fn types_instants_and_spans_become_nanoseconds() {
    let cases: Vec<(ArrayRef, [&str; 2])> = vec![
        (Arc::new(TimestampSecondArray::from(vec![Some(-1), None])), ["-1000000000", "NULL"]),
        (Arc::new(TimestampMillisecondArray::from(vec![Some(5), None])), ["5000000", "NULL"]),
        (Arc::new(TimestampMicrosecondArray::from(vec![Some(5), None]).with_timezone("+02:00")), ["5000", "NULL"]),
        (Arc::new(TimestampNanosecondArray::from(vec![Some(i64::MIN), None])), ["-9223372036854775808", "NULL"]),
        (Arc::new(Date32Array::from(vec![Some(-1), None])), ["-86400000000000", "NULL"]),
        (Arc::new(Date64Array::from(vec![Some(86_400_000), None])), ["86400000000000", "NULL"]),
        (Arc::new(Time32SecondArray::from(vec![Some(2), None])), ["2000000000", "NULL"]),
        (Arc::new(Time32MillisecondArray::from(vec![Some(2), None])), ["2000000", "NULL"]),
        (Arc::new(Time64MicrosecondArray::from(vec![Some(2), None])), ["2000", "NULL"]),
        (Arc::new(Time64NanosecondArray::from(vec![Some(2), None])), ["2", "NULL"]),
        (Arc::new(DurationSecondArray::from(vec![Some(3), None])), ["3000000000", "NULL"]),
        (Arc::new(DurationMillisecondArray::from(vec![Some(3), None])), ["3000000", "NULL"]),
        (Arc::new(DurationMicrosecondArray::from(vec![Some(3), None])), ["3000", "NULL"]),
        (Arc::new(DurationNanosecondArray::from(vec![Some(3), None])), ["3", "NULL"]),
    ];
    for (column, expected) in cases {
        let data_type = column.data_type().clone();
        assert_eq!(values(column, &options()).unwrap(), expected, "{data_type}");
    }
}

#[test]
fn types_texts_and_bytes_become_strings_and_tags() {
    let dictionary = |keys: Vec<Option<i8>>| {
        let values: ArrayRef = Arc::new(StringArray::from(vec!["ä", "b"]));
        DictionaryArray::<Int8Type>::new(Int8Array::from(keys), values)
    };
    let cases: Vec<(ArrayRef, [&str; 2])> = vec![
        (Arc::new(StringArray::from(vec![Some("ä"), None])), ["ä", "NULL"]),
        (Arc::new(LargeStringArray::from(vec![Some("ä"), None])), ["ä", "NULL"]),
        (Arc::new(StringViewArray::from(vec![Some("ä"), None])), ["ä", "NULL"]),
        (Arc::new(BinaryArray::from(vec![Some("ä".as_bytes()), None])), ["ä", "NULL"]),
        (Arc::new(LargeBinaryArray::from(vec![Some("ä".as_bytes()), None])), ["ä", "NULL"]),
        (Arc::new(BinaryViewArray::from(vec![Some("ä".as_bytes()), None])), ["ä", "NULL"]),
        (
            Arc::new(
                FixedSizeBinaryArray::try_from_sparse_iter_with_size([Some([0, 255, 16]), None].into_iter(), 3)
                    .unwrap(),
            ),
            ["00ff10", "NULL"],
        ),
        (Arc::new(dictionary(vec![Some(0), None])), ["ä", "NULL"]),
    ];
    for (column, [first, second]) in cases {
        let data_type = column.data_type().clone();
        let strings = values(Arc::clone(&column), &options()).unwrap();
        assert_eq!(strings, [format!("{first:?}"), second.to_owned()], "{data_type}");
        assert_eq!(values(column, &tagged()).unwrap(), [format!("={first}"), second.to_owned()], "{data_type}");
    }
}

#[test]
fn types_dictionary_of_numbers_becomes_numbers() {
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![70, 80]));
    let column = DictionaryArray::<Int8Type>::new(Int8Array::from(vec![Some(1), None, Some(0)]), numbers);
    assert_eq!(values(Arc::new(column), &options()).unwrap(), ["80", "NULL", "70"]);
}

#[test]
fn types_tags_are_digits_words_or_nothing() {
    assert_eq!(values(Arc::new(Int32Array::from(vec![-7, 8])), &tagged()).unwrap(), ["=-7", "=8"]);
    assert_eq!(values(Arc::new(UInt8Array::from(vec![7, 7])), &tagged()).unwrap(), ["=7", "=7"]);
    assert_eq!(values(Arc::new(BooleanArray::from(vec![Some(true), None])), &tagged()).unwrap(), ["=true", "NULL"]);
    assert_eq!(values(Arc::new(StringArray::from(vec!["", "x"])), &tagged()).unwrap(), ["NULL", "=x"]);
}

#[test]
fn types_nested_are_flattened_only_when_asked() {
    let mut list = ListBuilder::new(Int32Builder::new());
    list.append_value([Some(1), None]);
    list.append_null();
    let mut map = MapBuilder::new(None, StringBuilder::new(), Int32Builder::new());
    map.keys().append_value("k");
    map.values().append_value(4);
    map.append(true).unwrap();
    map.append(false).unwrap();
    let inner: ArrayRef = Arc::new(Float64Array::from(vec![f64::NAN, 2.0]));
    let structure = StructArray::from(vec![(Arc::new(Field::new("a", DataType::Float64, true)), inner)]);
    let fixed = FixedSizeListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1), Some(2)]), None], 2);
    let lists: Vec<(ArrayRef, [&str; 2])> = vec![
        (Arc::new(list.finish()), [r#""[1,null]""#, "NULL"]),
        (Arc::new(map.finish()), [r#""[[\"k\",4]]""#, "NULL"]),
        (Arc::new(fixed), [r#""[1,2]""#, "NULL"]),
    ];
    for (column, expected) in lists {
        let data_type = column.data_type().clone();
        let error = values(Arc::clone(&column), &options()).unwrap_err().to_string();
        assert!(error.contains("\"v\"") && error.contains("nested"), "{error}");
        assert_eq!(values(column, &flattened()).unwrap(), expected, "{data_type}");
    }
    let file = file_of(Arc::new(structure));
    assert!(rows(&file, &options()).unwrap_err().to_string().contains("structure"));
    let batch = rows(&file, &flattened()).unwrap();
    assert_eq!(text(batch.column_by_name("v.a").unwrap(), 1), "2.0");
}

#[test]
fn types_null_structure_makes_its_members_null() {
    let inner: ArrayRef = Arc::new(StringArray::from(vec!["x", "y"]));
    let fields = vec![Field::new("a", DataType::Utf8, false)].into();
    let structure = StructArray::new(fields, vec![inner], Some(vec![false, true].into()));
    let batch = rows(&file_of(Arc::new(structure)), &flattened()).unwrap();
    let column = batch.column_by_name("v.a").unwrap();
    assert_eq!([text(column, 0), text(column, 1)], ["NULL", "\"y\""]);
}

#[test]
fn types_without_a_place_are_refused_by_name() {
    let cases: Vec<(ArrayRef, &str)> =
        vec![(Arc::new(NullArray::new(2)), "NULL"), (Arc::new(IntervalYearMonthArray::from(vec![1, 2])), "interval")];
    for (column, reason) in cases {
        let error = values(column, &options()).unwrap_err().to_string();
        assert!(error.contains("\"v\"") && error.contains(reason), "{error}");
    }
    assert_eq!(DataType::Interval(IntervalUnit::YearMonth), *IntervalYearMonthArray::from(vec![1]).data_type());
    let floats: ArrayRef = Arc::new(Float64Array::from(vec![1.0]));
    assert!(values(floats, &tagged()).unwrap_err().to_string().contains("take it as a field"));
}

#[test]
fn types_values_that_do_not_fit_name_row_and_column() {
    let day = 86_400_000_i64;
    let wide = i128::from(i64::MAX) + 1;
    let cases: Vec<(ArrayRef, &str)> = vec![
        (Arc::new(TimestampSecondArray::from(vec![0, 253_402_300_799])), "2262"),
        (Arc::new(TimestampMillisecondArray::from(vec![0, 9_223_372_036_855])), "2262"),
        (Arc::new(TimestampMicrosecondArray::from(vec![0, i64::MIN])), "2262"),
        (Arc::new(Date32Array::from(vec![0, 106_752])), "2262"),
        (Arc::new(Date64Array::from(vec![0, 106_752 * day])), "2262"),
        (Arc::new(DurationSecondArray::from(vec![0, i64::MAX])), "nanoseconds"),
        (Arc::new(Decimal128Array::from(vec![0, wide]).with_precision_and_scale(38, 0).unwrap()), "64-bit"),
        (Arc::new(BinaryArray::from(vec![&b"a"[..], &[0xff]])), "UTF-8"),
    ];
    for (column, problem) in cases {
        let data_type = column.data_type().clone();
        let error = values(column, &options()).unwrap_err();
        assert!(matches!(&error, ForeignError::Value { row: 2, column, .. } if column == "v"), "{data_type}: {error}");
        assert!(error.to_string().contains(problem), "{data_type}: {error}");
    }
}

/// The times of a file whose only column is called `at`.
fn times(column: ArrayRef, options: ForeignOptions) -> Result<Vec<i64>, ForeignError> {
    let file = file_with(vec![("at", column)], properties(parquet::basic::Compression::UNCOMPRESSED));
    let options = ForeignOptions { time_column: Some("at".to_owned()), ..options };
    let batch = rows(&file, &options)?;
    Ok(batch.column_by_name("time").unwrap().as_primitive::<TimestampNanosecondType>().values().to_vec())
}

#[test]
fn types_times_come_from_every_type_that_tells_one() {
    let unit = |time_unit| ForeignOptions { time_unit, ..options() };
    let cases: Vec<(ArrayRef, ForeignOptions, i64)> = vec![
        (Arc::new(Int64Array::from(vec![5])), options(), 5),
        (Arc::new(Int32Array::from(vec![5])), unit(NumberUnit::Seconds), 5_000_000_000),
        (Arc::new(UInt64Array::from(vec![5])), unit(NumberUnit::Milliseconds), 5_000_000),
        (Arc::new(UInt16Array::from(vec![5])), unit(NumberUnit::Microseconds), 5_000),
        (Arc::new(TimestampSecondArray::from(vec![5]).with_timezone("UTC")), options(), 5_000_000_000),
        (Arc::new(TimestampNanosecondArray::from(vec![5])), unit(NumberUnit::Seconds), 5),
        (Arc::new(Date32Array::from(vec![1])), options(), 86_400_000_000_000),
        (Arc::new(Date64Array::from(vec![86_400_000])), options(), 86_400_000_000_000),
        (Arc::new(StringArray::from(vec!["1970-01-01T00:00:05Z"])), options(), 5_000_000_000),
        (Arc::new(BinaryArray::from(vec![&b"1970-01-01"[..]])), options(), 0),
    ];
    for (column, options, expected) in cases {
        let data_type = column.data_type().clone();
        assert_eq!(times(column, options).unwrap(), [expected], "{data_type}");
    }
    let format = ForeignOptions { time_format: Some("%d.%m.%Y".to_owned()), ..options() };
    assert_eq!(times(Arc::new(StringArray::from(vec!["02.01.1970"])), format).unwrap(), [86_400_000_000_000]);
}

#[test]
fn types_times_that_are_null_or_do_not_fit_name_the_row() {
    let unit = |time_unit| ForeignOptions { time_unit, ..options() };
    let cases: Vec<(ArrayRef, ForeignOptions, &str)> = vec![
        (Arc::new(Int64Array::from(vec![Some(5), None])), options(), "NULL"),
        (Arc::new(StringArray::from(vec![Some("1970-01-01"), None])), options(), "NULL"),
        (Arc::new(Int64Array::from(vec![5, 9_223_372_037])), unit(NumberUnit::Seconds), "2262"),
        (Arc::new(UInt64Array::from(vec![5, u64::MAX])), options(), "2262"),
        (Arc::new(StringArray::from(vec!["1970-01-01", "soon"])), options(), "soon"),
    ];
    for (column, options, problem) in cases {
        let error = times(column, options).unwrap_err();
        assert!(matches!(&error, ForeignError::Value { row: 2, column, .. } if column == "at"), "{error}");
        assert!(error.to_string().contains(problem), "{error}");
    }
    let error = times(Arc::new(Float64Array::from(vec![1.0])), options()).unwrap_err();
    assert!(matches!(error, ForeignError::NoTime { .. }), "{error}");
}

#[test]
fn types_plan_says_what_each_is_without_reading_values() {
    let (_, plan) = plan(&file_of(Arc::new(Float32Array::from(vec![1.0]))), &options()).unwrap();
    let kinds: Vec<ColumnKind> = plan.columns().iter().map(|column| column.kind).collect();
    assert_eq!(kinds, [ColumnKind::Time, ColumnKind::Field(FieldType::Float)]);
    assert_eq!(plan.to_string(), "\"timestamp\" (timestamp(ns)) -> time\n\"v\" (float32) -> float field\n");
}

#[test]
fn types_tag_batches_of_a_row_group_share_the_files_dictionary() {
    let tags: Vec<String> = (0..20_000).map(|row| format!("tag {}", row % 50)).collect();
    let file = file_of(Arc::new(StringArray::from(tags.clone())));
    let batches = super::read(&file, &tagged(), crate::foreign::RowLimits::default()).unwrap();
    assert!(batches.len() > 2, "{} batches", batches.len());
    let columns = batches.iter().map(|batch| batch.column_by_name("v").unwrap().as_dictionary::<Int32Type>());
    let first = Arc::clone(batches[0].column_by_name("v").unwrap().as_dictionary::<Int32Type>().values());
    assert_eq!(first.len(), 50);
    let mut row = 0;
    for column in columns {
        assert!(Arc::ptr_eq(column.values(), &first), "a dictionary of its own at row {row}");
        let texts = column.downcast_dict::<StringArray>().unwrap();
        for text in texts {
            assert_eq!(text, Some(tags[row].as_str()));
            row += 1;
        }
    }
    assert_eq!(row, tags.len());
}

#[test]
fn types_units_that_just_fit_are_not_refused() {
    let last = i64::MAX / 1_000;
    let column: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![Some(last), Some(-last), None]));
    let expected = [(last * 1_000).to_string(), (-last * 1_000).to_string(), "NULL".to_owned()];
    assert_eq!(values(column, &options()).unwrap(), expected);
    let beyond: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![0, -last - 1]));
    let error = values(beyond, &options()).unwrap_err();
    assert!(matches!(&error, ForeignError::Value { row: 2, .. }), "{error}");
}

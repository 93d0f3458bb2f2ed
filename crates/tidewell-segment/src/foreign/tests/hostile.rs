//! Hostile files: refused or read as what they are, never a panic, never more memory than allowed.

use std::io::Read;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, Int64Array, ListArray, RecordBatch, StringArray};
use bytes::Bytes;
use parquet::basic::{Compression, Encoding};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use super::{file_of, file_with, properties, read};
use crate::foreign::{Footer, ForeignError, ForeignOptions, RowLimits};

fn limits(memory_bytes_max: u64) -> RowLimits {
    RowLimits { batch_rows: 1024, memory_bytes_max }
}

fn all(file: &Bytes) -> Result<Vec<RecordBatch>, ForeignError> {
    read(file, &ForeignOptions { flatten: true, ..ForeignOptions::default() }, limits(8 << 20))
}

fn small(codec: Compression, version: WriterVersion) -> Bytes {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("timestamp", Arc::new(Int64Array::from(vec![1, 2, 3]))),
        ("s", Arc::new(StringArray::from(vec![Some("one"), None, Some("three")]))),
        (
            "l",
            Arc::new(ListArray::from_iter_primitive::<arrow_array::types::Int32Type, _, _>(vec![
                Some(vec![Some(1)]),
                None,
                Some(vec![]),
            ])),
        ),
    ];
    let properties = WriterProperties::builder()
        .set_compression(codec)
        .set_writer_version(version)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .build();
    file_with(columns, properties)
}

fn smalls() -> [Bytes; 3] {
    [
        small(Compression::UNCOMPRESSED, WriterVersion::PARQUET_1_0),
        small(Compression::GZIP(Default::default()), WriterVersion::PARQUET_2_0),
        small(Compression::BROTLI(Default::default()), WriterVersion::PARQUET_1_0),
    ]
}

#[test]
fn hostile_every_truncation_is_refused() {
    for file in smalls() {
        all(&file).unwrap();
        for len in 0..file.len() {
            assert!(all(&file.slice(..len)).is_err(), "{len} of {} bytes", file.len());
        }
    }
}

#[test]
fn hostile_every_flipped_bit_is_an_error_or_rows() {
    let [plain, packed, _] = smalls();
    for file in [plain, packed] {
        let mut refused = 0;
        for bit in 0..file.len() * 8 {
            let mut bytes = file.to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            match all(&bytes.into()) {
                Ok(batches) => {
                    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
                    assert_eq!(rows, 3, "bit {bit}");
                    assert!(
                        batches
                            .iter()
                            .all(|batch| batch.columns().iter().all(|of| of.to_data().validate_full().is_ok()))
                    );
                }
                Err(error) => {
                    assert!(!matches!(error, ForeignError::Internal { .. }), "bit {bit}: {error}");
                    refused += 1;
                }
            }
        }
        assert!(refused > file.len(), "only {refused} of {} flips were refused", file.len() * 8);
    }
}

#[test]
fn hostile_wrong_magic_encryption_and_lengths_are_told_apart() {
    let file = small(Compression::UNCOMPRESSED, WriterVersion::PARQUET_1_0);
    let with = |at: usize, bytes: &[u8]| {
        let mut file = file.to_vec();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        all(&file.into()).unwrap_err()
    };
    let end = file.len();
    assert!(with(0, b"PARX").to_string().contains("begin with PAR1"));
    assert!(with(end - 4, b"PARX").to_string().contains("end with PAR1"));
    assert!(matches!(with(end - 4, b"PARE"), ForeignError::Encrypted { .. }));
    assert!(with(end - 8, &u32::MAX.to_le_bytes()).to_string().contains("announces"));
    assert!(with(end - 8, &0_u32.to_le_bytes()).to_string().contains("metadata"));
    let error = Footer::parse(&file.slice(end - 9..), end as u64).unwrap_err();
    let ForeignError::TailTooShort { needed_bytes } = error else { panic!("{error}") };
    let tail = file.slice(end - needed_bytes as usize..);
    assert_eq!(Footer::parse(&tail, end as u64).unwrap().row_count(), 3);
}

/// Replaces the only place where `from` is in the file.
fn patched(file: &Bytes, from: &[u8], to: &[u8]) -> Bytes {
    let places: Vec<usize> = (0..file.len()).filter(|at| file[*at..].starts_with(from)).collect();
    assert_eq!(places.len(), 1, "{from:?} is at {places:?}");
    let mut bytes = file[..places[0]].to_vec();
    bytes.extend(to);
    bytes.extend(&file[places[0] + from.len()..]);
    bytes.into()
}

fn varint(value: i64) -> Vec<u8> {
    let mut zigzag = ((value << 1) ^ (value >> 63)) as u64;
    let mut bytes = Vec::new();
    while zigzag >= 0x80 {
        bytes.push(zigzag as u8 | 0x80);
        zigzag >>= 7;
    }
    bytes.push(zigzag as u8);
    bytes
}

/// A file of one column `timestamp` of int64, one page of plain zeros; the page says what it is told to.
fn one_page(codec: Compression, packed: &[u8], unpacked_said: i64, rows: i64) -> Bytes {
    page_with_checksum(codec, packed, unpacked_said, rows, None)
}

fn page_with_checksum(
    codec: Compression,
    packed: &[u8],
    unpacked_said: i64,
    rows: i64,
    checksum: Option<u32>,
) -> Bytes {
    let mut header = vec![0x15, 0x00, 0x15];
    header.extend(varint(unpacked_said));
    header.push(0x15);
    header.extend(varint(packed.len() as i64));
    if let Some(checksum) = checksum {
        header.push(0x15);
        header.extend(varint((checksum as i32).into()));
        header.extend([0x1c, 0x15]);
    } else {
        header.extend([0x2c, 0x15]);
    }
    header.extend(varint(rows));
    header.extend([0x15, 0x00, 0x15, 0x06, 0x15, 0x06, 0x00, 0x00]);
    let chunk_bytes = (header.len() + packed.len()) as i64;
    let codec = match codec {
        Compression::GZIP(_) => 2,
        Compression::ZSTD(_) => 6,
        _ => 0,
    };
    let mut file = b"PAR1".to_vec();
    file.extend(&header);
    file.extend(packed);
    let start = file.len();
    file.extend([0x15, 0x02, 0x19, 0x2c, 0x48, 6]);
    file.extend(b"schema");
    file.extend([0x15, 0x02, 0x00, 0x15, 0x04, 0x25, 0x00, 0x18, 9]);
    file.extend(b"timestamp");
    file.extend([0x00, 0x16]);
    file.extend(varint(rows));
    // One row group of one column chunk: its offset, then its metadata.
    file.extend([0x19, 0x1c, 0x19, 0x1c, 0x26, 0x08, 0x1c, 0x15, 0x04, 0x19, 0x15, 0x00, 0x19, 0x18, 9]);
    file.extend(b"timestamp");
    file.extend([0x15, codec * 2, 0x16]);
    file.extend(varint(rows));
    file.push(0x16);
    file.extend(varint(unpacked_said));
    file.push(0x16);
    file.extend(varint(chunk_bytes));
    file.extend([0x26, 0x08, 0x00, 0x00, 0x16]);
    file.extend(varint(unpacked_said));
    file.push(0x16);
    file.extend(varint(rows));
    file.extend([0x00, 0x00]);
    let metadata_bytes = (file.len() - start) as u32;
    file.extend(metadata_bytes.to_le_bytes());
    file.extend(b"PAR1");
    file.into()
}

#[test]
fn hostile_page_built_by_hand_is_read_when_it_is_true() {
    let batches = all(&one_page(Compression::UNCOMPRESSED, &[0; 24], 24, 3)).unwrap();
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 3);
}

#[test]
fn hostile_page_with_a_checksum_must_match_it() {
    let page = [7; 24];
    let checksum = crc32fast::hash(&page);
    let file = |checksum| page_with_checksum(Compression::UNCOMPRESSED, &page, 24, 3, Some(checksum));
    all(&file(checksum)).unwrap();
    assert!(all(&file(checksum ^ 1)).unwrap_err().to_string().contains("checksum"));
}

#[test]
fn hostile_page_that_claims_2_gib_is_refused_before_it_is_unpacked() {
    let packed = zstd::stream::encode_all(&[0_u8; 24][..], 1).unwrap();
    let file = one_page(Compression::ZSTD(Default::default()), &packed, i64::from(i32::MAX), 3);
    let error = all(&file).unwrap_err().to_string();
    assert!(error.contains("2147483647 bytes unpacked"), "{error}");
}

#[test]
fn hostile_page_that_unpacks_to_more_than_it_says_is_refused() {
    let bomb = zstd::stream::encode_all(std::io::repeat(0).take(64 << 20), 1).unwrap();
    let error = all(&one_page(Compression::ZSTD(Default::default()), &bomb, 24, 3)).unwrap_err().to_string();
    assert!(error.contains("not the 24 bytes that its header says"), "{error}");
}

#[test]
fn hostile_row_counts_that_lie_are_refused() {
    let file = one_page(Compression::UNCOMPRESSED, &[0; 24], 24, 3);
    let end = file.len();
    // The row group's count comes last before the two ends of structures and the trailer.
    let mut lying = file.to_vec();
    lying[end - 11] = varint(4)[0];
    assert!(all(&lying.into()).unwrap_err().to_string().contains("3 values for 4 rows"));
    // All of the footer agrees, but the page has values for fewer rows than it says.
    let error = all(&one_page(Compression::UNCOMPRESSED, &[0; 24], 24, 1000)).unwrap_err().to_string();
    assert!(error.contains("row group 0"), "{error}");
    // As many rows as 64 bits can count, of nothing.
    assert!(all(&one_page(Compression::UNCOMPRESSED, &[0; 24], 24, i64::from(u32::MAX))).is_err());
}

#[test]
fn hostile_dictionary_bomb_comes_in_small_batches_or_is_refused() {
    let value = "x".repeat(16 << 10);
    let column: ArrayRef = Arc::new(StringArray::from(vec![value.as_str(); 4096]));
    let file = file_of(column);
    assert!(file.len() < 1 << 20, "{}", file.len());
    let batches = read(&file, &ForeignOptions::default(), limits(2 << 20)).unwrap();
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 4096);
    let largest = batches.iter().map(RecordBatch::get_array_memory_size).max().unwrap();
    assert!(largest <= 2 << 20, "{largest}");
    let error = read(&file, &ForeignOptions::default(), limits(30 << 10)).unwrap_err();
    assert!(matches!(error, ForeignError::TooLarge { .. } | ForeignError::Corrupt { .. }), "{error}");
}

#[test]
fn hostile_prefix_bomb_comes_in_small_batches() {
    let value = "x".repeat(16 << 10);
    let column: ArrayRef = Arc::new(StringArray::from(vec![value.as_str(); 4096]));
    let times: ArrayRef = Arc::new(Int64Array::from_iter_values(0..4096));
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_column_encoding("v".into(), Encoding::DELTA_BYTE_ARRAY)
        .build();
    let file = file_with(vec![("timestamp", times), ("v", column)], properties);
    assert!(file.len() < 1 << 20, "{}", file.len());
    let batches = read(&file, &ForeignOptions::default(), limits(2 << 20)).unwrap();
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 4096);
    let largest = batches.iter().map(RecordBatch::get_array_memory_size).max().unwrap();
    assert!(largest <= 2 << 20, "{largest}");
    assert_eq!(batches[0].column_by_name("v").unwrap().as_string::<i32>().value(0).len(), 16 << 10);
}

#[test]
fn hostile_delta_head_that_announces_too_much_is_refused() {
    let times: ArrayRef = Arc::new(Int64Array::from(vec![0x0102_0304; 3]));
    let text: ArrayRef = Arc::new(StringArray::from(vec!["abcdefgh"; 3]));
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_column_encoding("v".into(), Encoding::DELTA_LENGTH_BYTE_ARRAY)
        .build();
    let file = file_with(vec![("timestamp", times), ("v", text)], properties);
    // 128 values a block in 4 parts, 3 values from 8: the announced count is what memory would be reserved by.
    let bad = patched(&file, &[0x80, 0x01, 0x04, 0x03, 0x10], &[0x80, 0x01, 0x04, 0x7f, 0x10]);
    assert!(all(&bad).unwrap_err().to_string().contains("announce 127"));
}

#[test]
fn hostile_keys_of_an_empty_dictionary_are_refused() {
    let times: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let text: ArrayRef = Arc::new(StringArray::from(vec!["x"; 2]));
    let file = file_with(vec![("timestamp", times), ("v", text)], properties(Compression::UNCOMPRESSED));
    // The header of a dictionary page of five bytes: one value, then none.
    let head = |count: u8| [0x15, 0x04, 0x15, 0x0a, 0x15, 0x0a, 0x4c, 0x15, 2 * count, 0x15, 0x00];
    let bad = patched(&file, &head(1), &head(0));
    for tags in [vec![], vec!["v".to_owned()]] {
        let options = ForeignOptions { tags, ..ForeignOptions::default() };
        assert_eq!(read(&file, &options, limits(8 << 20)).unwrap().len(), 1);
        assert!(read(&bad, &options, limits(8 << 20)).is_err());
    }
}

#[test]
fn hostile_names_twice_are_refused() {
    let message = "message m { required int64 timestamp; required int64 a; required int64 a; }";
    let schema = Arc::new(parse_message_type(message).unwrap());
    let writer = SerializedFileWriter::new(Vec::new(), schema, Default::default()).unwrap();
    let error = all(&writer.into_inner().unwrap().into()).unwrap_err();
    assert!(error.to_string().contains("\"a\" is there twice"), "{error}");
}

#[test]
fn hostile_schema_too_deep_is_refused() {
    let message = format!("message m {{ {} required int64 a; {} }}", "required group g { ".repeat(40), "} ".repeat(40));
    let schema = Arc::new(parse_message_type(&message).unwrap());
    let writer = SerializedFileWriter::new(Vec::new(), schema, Default::default()).unwrap();
    let error = all(&writer.into_inner().unwrap().into()).unwrap_err();
    assert!(error.to_string().contains("nested deeper"), "{error}");
}

#[test]
fn hostile_json_that_is_no_text_is_refused_with_its_row() {
    let message = "message m { required int64 timestamp; required binary j (JSON); }";
    let schema = Arc::new(parse_message_type(message).unwrap());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Default::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<parquet::data_type::Int64Type>().write_batch(&[1, 2], None, None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let values = [b"{}".to_vec().into(), vec![0xff, 0xfe].into()];
    column.typed::<parquet::data_type::ByteArrayType>().write_batch(&values, None, None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    let error = all(&writer.into_inner().unwrap().into()).unwrap_err();
    assert!(matches!(&error, ForeignError::Value { row: 2, column, .. } if column == "j"), "{error}");
}

#[test]
fn hostile_int96_beyond_nanoseconds_names_row_and_column() {
    let int96 = |day: u32, ns: u64| {
        let mut value = parquet::data_type::Int96::new();
        value.set_data(ns as u32, (ns >> 32) as u32, day);
        value
    };
    let file = |values: &[parquet::data_type::Int96]| -> Bytes {
        let schema = Arc::new(parse_message_type("message m { required int96 timestamp; }").unwrap());
        let mut writer = SerializedFileWriter::new(Vec::new(), schema, Default::default()).unwrap();
        let mut group = writer.next_row_group().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<parquet::data_type::Int96Type>().write_batch(values, None, None).unwrap();
        column.close().unwrap();
        group.close().unwrap();
        writer.into_inner().unwrap().into()
    };
    let epoch = 2_440_588;
    let batches = all(&file(&[int96(epoch, 5), int96(epoch - 1, 0)])).unwrap();
    let times = batches[0].column(0).as_primitive::<arrow_array::types::TimestampNanosecondType>();
    assert_eq!(times.values().to_vec(), [5, -86_400_000_000_000]);
    // A day of the year 9999, and one of the year 0.
    for day in [5_373_484, 1_721_060] {
        let error = all(&file(&[int96(epoch, 0), int96(day, 0)])).unwrap_err();
        assert!(matches!(&error, ForeignError::Value { row: 2, column, .. } if column == "timestamp"), "{error}");
    }
}

#[test]
fn hostile_row_group_beyond_the_memory_limit_is_refused() {
    let column: ArrayRef = Arc::new(Int64Array::from_iter_values((0..100_000).map(|value| value * 7_919 % 65_521)));
    let file = file_with(vec![("timestamp", column)], properties(Compression::UNCOMPRESSED));
    let error = read(&file, &ForeignOptions::default(), limits(100_000)).unwrap_err();
    assert!(matches!(error, ForeignError::TooLarge { .. }), "{error}");
}

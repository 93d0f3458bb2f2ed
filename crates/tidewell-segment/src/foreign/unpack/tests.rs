//! Tests of unpacking within a bound.
#![allow(clippy::unwrap_used)]

use std::io::Write;

use parquet::basic::Compression;

use super::Unpacker;

fn packed(codec: Compression, plain: &[u8]) -> Vec<u8> {
    match codec {
        Compression::SNAPPY => snap::raw::Encoder::new().compress_vec(plain).unwrap(),
        Compression::GZIP(_) => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(plain).unwrap();
            encoder.finish().unwrap()
        }
        Compression::BROTLI(_) => {
            let mut encoder = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 20);
            encoder.write_all(plain).unwrap();
            encoder.into_inner()
        }
        Compression::ZSTD(_) => zstd::stream::encode_all(plain, 1).unwrap(),
        Compression::LZ4_RAW => lz4_flex::block::compress(plain),
        _ => plain.to_vec(),
    }
}

fn codecs() -> [Compression; 6] {
    [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(Default::default()),
        Compression::BROTLI(Default::default()),
        Compression::ZSTD(Default::default()),
        Compression::LZ4_RAW,
    ]
}

#[test]
fn unpack_every_codec_gives_the_bytes_back() {
    let plain = b"to be or not to be, that is the question whether".repeat(20);
    for codec in codecs() {
        let mut output = b"levels".to_vec();
        Unpacker::default().unpack(codec, &packed(codec, &plain), plain.len(), &mut output).unwrap();
        assert_eq!(output.strip_prefix(b"levels".as_slice()), Some(plain.as_slice()), "{codec}");
    }
}

#[test]
fn unpack_more_than_announced_stops_after_one_byte() {
    let bomb = vec![7_u8; 8 << 20];
    for codec in codecs() {
        let bytes = packed(codec, &bomb);
        let mut output = Vec::new();
        assert!(Unpacker::default().unpack(codec, &bytes, 100, &mut output).is_err(), "{codec}");
        assert!(codec == Compression::UNCOMPRESSED || output.capacity() < 1 << 20, "{codec}: {}", output.capacity());
    }
}

#[test]
fn unpack_less_than_announced_or_cut_short_is_refused() {
    let plain = b"to be or not to be".repeat(9);
    for codec in codecs() {
        let bytes = packed(codec, &plain);
        assert!(Unpacker::default().unpack(codec, &bytes, plain.len() + 1, &mut Vec::new()).is_err(), "{codec}");
        assert!(
            Unpacker::default().unpack(codec, &bytes[..bytes.len() / 2], plain.len(), &mut Vec::new()).is_err(),
            "{codec}"
        );
    }
}

#[test]
fn unpack_old_lz4_takes_all_three_forms() {
    let plain = b"to be or not to be".repeat(9);
    let block = lz4_flex::block::compress(&plain);
    let mut hadoop = (plain.len() as u32).to_be_bytes().to_vec();
    hadoop.extend((block.len() as u32).to_be_bytes());
    hadoop.extend(&block);
    let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
    encoder.write_all(&plain).unwrap();
    let frame = encoder.finish().unwrap();
    for bytes in [hadoop, frame, block] {
        let mut output = Vec::new();
        Unpacker::default().unpack(Compression::LZ4, &bytes, plain.len(), &mut output).unwrap();
        assert_eq!(output, plain);
    }
}

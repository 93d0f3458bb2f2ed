//! Unpacking a page within a bound: what really comes is compared with what was announced, never trusted to stop by
//! itself.

use std::io::{Cursor, Read};

use parquet::basic::Compression;
use zstd::bulk::Decompressor;

/// Unpacks pages, and keeps from page to page what it needs for that.
#[derive(Default)]
pub(crate) struct Unpacker {
    zstd: Option<Decompressor<'static>>,
}

impl Unpacker {
    /// Unpacks `packed`, which must give exactly `unpacked_bytes` bytes, to the end of `output`.
    ///
    /// At most one byte more than that is ever unpacked.
    pub(crate) fn unpack(
        &mut self,
        codec: Compression,
        packed: &[u8],
        unpacked_bytes: usize,
        output: &mut Vec<u8>,
    ) -> Result<(), String> {
        let start = output.len();
        match codec {
            Compression::UNCOMPRESSED => output.extend_from_slice(packed),
            Compression::SNAPPY => snappy(packed, unpacked_bytes, output)?,
            Compression::GZIP(_) => read_bounded(flate2::read::MultiGzDecoder::new(packed), unpacked_bytes, output)?,
            Compression::BROTLI(_) => read_bounded(brotli::Decompressor::new(packed, 4096), unpacked_bytes, output)?,
            Compression::ZSTD(_) => self.zstd(packed, unpacked_bytes, output)?,
            Compression::LZ4 => lz4_of_old(packed, unpacked_bytes, output)?,
            Compression::LZ4_RAW => lz4_block(packed, unpacked_bytes, output)?,
            Compression::LZO => {
                return Err("it is packed with LZO, which Tidewell cannot unpack: write it again".to_owned());
            }
        }
        let found = output.len() - start;
        if found == unpacked_bytes {
            return Ok(());
        }
        Err(format!("it is {found} bytes or more unpacked, its header says {unpacked_bytes}"))
    }

    fn zstd(&mut self, packed: &[u8], unpacked_bytes: usize, output: &mut Vec<u8>) -> Result<(), String> {
        let decoder = match &mut self.zstd {
            Some(decoder) => decoder,
            none => none.insert(Decompressor::new().map_err(|error| error.to_string())?),
        };
        let start = output.len();
        output.reserve_exact(unpacked_bytes);
        let mut rest = Cursor::new(output);
        rest.set_position(start as u64);
        let unpacked = decoder.decompress_to_buffer(packed, &mut rest);
        let problem = |error| format!("its Zstd data is not the {unpacked_bytes} bytes that its header says: {error}");
        unpacked.map(|_| ()).map_err(problem)
    }
}

fn snappy(packed: &[u8], unpacked_bytes: usize, output: &mut Vec<u8>) -> Result<(), String> {
    let announced = snap::raw::decompress_len(packed).map_err(|error| error.to_string())?;
    if announced != unpacked_bytes {
        return Err(format!("its Snappy data is {announced} bytes unpacked, its header says {unpacked_bytes}"));
    }
    let start = output.len();
    output.resize(start + unpacked_bytes, 0);
    let into = output.get_mut(start..).unwrap_or_default();
    snap::raw::Decoder::new().decompress(packed, into).map(|_| ()).map_err(|error| error.to_string())
}

fn read_bounded(reader: impl Read, unpacked_bytes: usize, output: &mut Vec<u8>) -> Result<(), String> {
    let bytes_max = unpacked_bytes as u64 + 1;
    reader.take(bytes_max).read_to_end(output).map(|_| ()).map_err(|error| error.to_string())
}

/// The block form of LZ4, without any frame.
fn lz4_block(packed: &[u8], unpacked_bytes: usize, output: &mut Vec<u8>) -> Result<(), String> {
    let start = output.len();
    output.resize(start + unpacked_bytes, 0);
    let into = output.get_mut(start..).unwrap_or_default();
    let found = lz4_flex::block::decompress_into(packed, into).map_err(|error| error.to_string())?;
    output.truncate(start + found);
    Ok(())
}

/// What old writers meant by LZ4: Hadoop's frames, LZ4's own frames, or a bare block. They can only be told apart by
/// trying.
fn lz4_of_old(packed: &[u8], unpacked_bytes: usize, output: &mut Vec<u8>) -> Result<(), String> {
    let start = output.len();
    if lz4_hadoop(packed, unpacked_bytes, output).is_ok() {
        return Ok(());
    }
    output.truncate(start);
    let framed = read_bounded(lz4_flex::frame::FrameDecoder::new(packed), unpacked_bytes, output);
    if framed.is_ok() && output.len() - start == unpacked_bytes {
        return Ok(());
    }
    output.truncate(start);
    lz4_block(packed, unpacked_bytes, output)
}

/// Blocks, each behind its length unpacked and its length packed (32 bits each, the high byte first).
fn lz4_hadoop(mut packed: &[u8], unpacked_bytes: usize, output: &mut Vec<u8>) -> Result<(), String> {
    let end = output.len() + unpacked_bytes;
    while let Some((unpacked, rest)) = packed.split_first_chunk::<4>() {
        let (block, rest) = rest.split_first_chunk::<4>().ok_or("it ends within a length")?;
        let (unpacked, block) = (u32::from_be_bytes(*unpacked) as usize, u32::from_be_bytes(*block) as usize);
        if unpacked > end - output.len() {
            return Err("a block is longer than its page".to_owned());
        }
        let start = output.len();
        lz4_block(rest.get(..block).ok_or("a block is cut short")?, unpacked, output)?;
        if output.len() - start != unpacked {
            return Err("a block is not as long as it says".to_owned());
        }
        packed = rest.get(block..).unwrap_or_default();
    }
    if packed.is_empty() && output.len() == end { Ok(()) } else { Err("its blocks do not add up".to_owned()) }
}

#[cfg(test)]
mod tests;

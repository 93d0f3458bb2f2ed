//! Walking a stream of the DELTA_BINARY_PACKED encoding: the Parquet library reserves memory by the numbers in its
//! head.

/// Most values a block; writers use 128.
const BLOCK_VALUES_MAX: u64 = 1 << 16;

/// Checks that a stream at the start of `bytes` holds at most `count_max` values and is there to its end, and returns
/// its length in bytes.
pub(crate) fn delta_stream(bytes: &[u8], count_max: u64) -> Result<usize, String> {
    let mut rest = bytes;
    let block_values = varint(&mut rest)?;
    let miniblocks = varint(&mut rest)?;
    let count = varint(&mut rest)?;
    let _first = varint(&mut rest)?;
    let per_miniblock = block_values.checked_div(miniblocks).unwrap_or_default();
    let is_sound = (1..=BLOCK_VALUES_MAX).contains(&block_values) && per_miniblock > 0 && per_miniblock % 8 == 0;
    if !is_sound || per_miniblock * miniblocks != block_values {
        return Err(format!("its deltas have blocks of {block_values} values in {miniblocks} parts"));
    }
    if count > count_max {
        return Err(format!("its deltas announce {count} values where there are {count_max} at most"));
    }
    let mut left = count.saturating_sub(1);
    while left > 0 {
        let _least = varint(&mut rest)?;
        let (widths, after) = rest.split_at_checked(miniblocks as usize).ok_or("its deltas end early")?;
        rest = after;
        for width in widths {
            if left == 0 {
                break;
            }
            if *width > 64 {
                return Err(format!("its deltas are {width} bits wide"));
            }
            let len = usize::from(*width) * per_miniblock as usize / 8;
            // The last part may be cut after the values that are there.
            let needed = usize::from(*width) * left.min(per_miniblock) as usize;
            if rest.len() < needed.div_ceil(8) {
                return Err("its deltas end early".to_owned());
            }
            rest = rest.get(len..).unwrap_or_default();
            left = left.saturating_sub(per_miniblock);
        }
    }
    Ok(bytes.len() - rest.len())
}

fn varint(rest: &mut &[u8]) -> Result<u64, String> {
    let mut value: u64 = 0;
    for shift in (0..70).step_by(7) {
        let (byte, after) = rest.split_first().ok_or("its deltas end early")?;
        *rest = after;
        value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or_default();
        if *byte < 0x80 {
            return Ok(value);
        }
    }
    Err("a number of its deltas is longer than 64 bits".to_owned())
}

#[cfg(test)]
mod tests;

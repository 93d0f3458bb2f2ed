//! Parquet's hybrid of runs and packed bits, for the levels and the dictionary keys of pages made here.

/// Shorter runs cost more than their bits.
const RUN_MIN: usize = 16;
/// Most groups of eight behind one header; its header then is one byte, which all readers know.
const GROUPS_MAX: usize = 63;

/// The bits that a number up to `most` takes.
pub(crate) fn bits_of(most: u32) -> u8 {
    (u32::BITS - most.leading_zeros()) as u8
}

/// Appends `values`, none of which takes more than `bits` (0 to 32).
pub(crate) fn encode(values: &[u32], bits: u8, output: &mut Vec<u8>) {
    let (mut literal, mut at) = (0, 0);
    // Packed values come in groups of eight, so a run begins where a group would, and one that is worth it fills two.
    while let Some(group @ [first, ..]) = values.get(at..).and_then(<[u32]>::first_chunk::<8>) {
        let is_run = group.iter().fold(0, |differing, value| differing | (value ^ first)) == 0;
        let run = if is_run { values.iter().skip(at).take_while(|next| *next == first).count() } else { 0 };
        if run >= RUN_MIN {
            pack(values.get(literal..at).unwrap_or_default(), bits, output);
            repeat(*first, run, bits, output);
            at += run;
            literal = at;
        } else {
            at += group.len();
        }
    }
    pack(values.get(literal..).unwrap_or_default(), bits, output);
}

fn varint(mut value: usize, output: &mut Vec<u8>) {
    while value >= 0x80 {
        output.push(value as u8 | 0x80);
        value >>= 7;
    }
    output.push(value as u8);
}

pub(crate) fn repeat(value: u32, count: usize, bits: u8, output: &mut Vec<u8>) {
    varint(count << 1, output);
    output.extend(value.to_le_bytes().iter().take(usize::from(bits).div_ceil(8)));
}

fn pack(values: &[u32], bits: u8, output: &mut Vec<u8>) {
    for run in values.chunks(8 * GROUPS_MAX) {
        let groups = run.len().div_ceil(8);
        varint(groups << 1 | 1, output);
        let end = output.len() + groups * usize::from(bits);
        let (mut gathered, mut count) = (0_u64, 0_u32);
        for value in run {
            gathered |= u64::from(*value) << count;
            count += u32::from(bits);
            if count >= 32 {
                output.extend_from_slice(&(gathered as u32).to_le_bytes());
                gathered >>= 32;
                count -= 32;
            }
        }
        let left = count.div_ceil(8) as usize;
        output.extend(gathered.to_le_bytes().iter().take(left));
        // The last group is filled up with zeros.
        output.resize(end, 0);
    }
}

#[cfg(test)]
mod tests;

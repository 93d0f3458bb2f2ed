//! One decoder and what must hold of it.

/// Bytes that the decoder accepts.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Whether a checksum covers all of them; false for formats from before there was one, and for texts.
    pub is_checked: bool,
}

impl Sample {
    pub(crate) fn checked(bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: bytes.into(), is_checked: true }
    }

    pub(crate) fn unchecked(bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: bytes.into(), is_checked: false }
    }
}

/// One decoder.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its name, which is that of the fuzz target.
    pub name: &'static str,
    /// Bytes that it accepts, to begin with.
    pub samples: Vec<Sample>,
    /// Reads bytes: how many parts they have (entries of a file, 1 elsewhere), or `None` where they are refused.
    pub read: fn(&[u8]) -> Option<usize>,
    /// Whether accepted bytes, decoded and encoded and decoded again, are the same.
    pub goes_round: fn(&[u8]) -> bool,
    /// What lies behind the checksum; `None` where there is none, or the bytes are not whole.
    pub open: fn(&[u8]) -> Option<Vec<u8>>,
    /// The opposite: bytes with the right checksum around these.
    pub seal: fn(&[u8]) -> Vec<u8>,
    /// The most memory that reading these bytes may take beside them, in bytes.
    pub memory_bytes_max: fn(&[u8]) -> usize,
}

impl Target {
    /// Reads bytes as they are, and as what lies behind a checksum.
    ///
    /// # Panics
    /// When something does not hold of them.
    pub fn run(&self, bytes: &[u8]) {
        self.check(bytes);
        self.check(&(self.seal)(bytes));
    }

    fn check(&self, bytes: &[u8]) {
        if (self.read)(bytes).is_some() {
            assert!((self.goes_round)(bytes), "{}: what was read is not what is written", self.name);
        }
    }
}

/// For formats without a checksum.
pub(crate) fn nothing_behind(_: &[u8]) -> Option<Vec<u8>> {
    None
}

/// Puts the CRC-32 of bytes behind them, as most formats do.
pub(crate) fn with_crc(bytes: &[u8]) -> Vec<u8> {
    [bytes, &crc32fast::hash(bytes).to_le_bytes()].concat()
}

/// Takes a CRC-32 off.
pub(crate) fn without_crc(bytes: &[u8]) -> Option<Vec<u8>> {
    Some(bytes.split_last_chunk::<4>()?.0.to_vec())
}

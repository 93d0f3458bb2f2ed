//! What the columns of a file are at a place of it.

use tidewell_types::FieldType;

use crate::column::INEXACT_FROM;
use crate::plan::CsvPlan;
use crate::rows::Rows;

/// The columns' types at a place of a file, and what decides whether they may change there: what a reader must know to go on
/// from there as the one would that has read all before it ([`CsvReader::reading_on`](crate::CsvReader::reading_on)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvTypes {
    /// Of tags and fields, in alphabetical order of their names.
    pub(crate) columns: Vec<TypeSoFar>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TypeSoFar {
    pub(crate) field_type: Option<FieldType>,
    pub(crate) may_widen: bool,
    /// All bits of the magnitudes of the whole numbers so far.
    pub(crate) magnitudes: u64,
}

impl CsvTypes {
    /// The types at the first row of a file.
    #[must_use]
    pub fn new(plan: &CsvPlan) -> Self {
        Rows::new(plan.clone()).types()
    }

    /// Goes on to the end of a part that was read before it was known what stands before it: its reader began with `assumed`,
    /// which must be what an earlier place of the file had, and ended with `end`.
    ///
    /// `false` where the part must be read again from these types on, since rows of it may come to something else, or be
    /// rejected for something else; nothing is changed then. That is so for the parts under way when a column is decided or
    /// becomes float, and for those with a first fraction behind a whole number of 2^53 or more.
    #[must_use]
    pub fn go_on(&mut self, assumed: &Self, end: &Self) -> bool {
        let columns = || self.columns.iter().zip(&assumed.columns).zip(&end.columns);
        if !columns().all(|((here, assumed), end)| here.comes_to_the_same(*assumed, *end)) {
            return false;
        }
        let columns =
            columns().map(|((here, _), end)| TypeSoFar { magnitudes: here.magnitudes | end.magnitudes, ..*end });
        self.columns = columns.collect();
        true
    }
}

impl TypeSoFar {
    /// Whether a part that was read from `assumed` to `end` would have come to `end` from here as well.
    fn comes_to_the_same(self, assumed: Self, end: Self) -> bool {
        let is_same = |a: Self, b: Self| (a.field_type, a.may_widen) == (b.field_type, b.may_widen);
        // Larger whole numbers before it only keep a column from becoming float.
        is_same(self, assumed) && (is_same(assumed, end) || self.magnitudes < INEXACT_FROM)
    }
}

#[cfg(test)]
mod tests;

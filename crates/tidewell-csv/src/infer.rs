//! A sample of a file to the plan by which all of it is read.

use std::collections::HashSet;

use memchr::memchr;
use tidewell_types::FieldType;

use crate::dialect::{find_dialect, find_start, short_sample};
use crate::error::CsvError;
use crate::evidence::{Evidence, decimal_mark};
use crate::header::Header;
use crate::missing::Missing;
use crate::number::{Scalar, read_scalar};
use crate::options::CsvOptions;
use crate::plan::{ColumnRole, CsvPlan, Limits, PlanColumn};
use crate::rejected::shorten;
use crate::sample::{Sample, SampleRow};
use crate::scan::Dialect;
use crate::time_column::TimeReading;
use crate::time_find::{find_reading, find_time_columns};
use crate::time_text::read_time;
use crate::timezone::LocalClock;

/// Finds out how a file is to be read, from its first bytes; `is_whole` says that these are all.
///
/// A column's type is the narrowest that holds every cell of the sample: boolean; whole numbers as integer, as unsigned
/// where one is above 2^63-1 and none below 0; float; and string for everything else, whole numbers that no 64 bits
/// hold among it. Quotes around a number do not matter. A column without values in the sample is decided by its first
/// value, and one of whole numbers in a sample that is not the whole file widens to float, see
/// [`CsvReader`](crate::CsvReader).
///
/// Takes memory in proportion to the sample; a megabyte is plenty.
///
/// # Errors
/// [`CsvError`] names line, column and remedy; nothing of the file can be read then. [`CsvError::NoRows`] may be taken
/// for zero rows.
pub fn infer(sample: &[u8], is_whole: bool, options: &CsvOptions) -> Result<CsvPlan, CsvError> {
    options.check()?;
    let start = find_start(sample, is_whole, options)?;
    let records = sample.get(start.offset..).unwrap_or_default();
    let dialect = find_dialect(records, is_whole, start.terminator, options);
    let mut rows = Sample::read(records, is_whole, dialect, start.line, options.record_bytes_max)?;
    let Some(first) = rows.rows.first() else {
        return Err(if is_whole {
            CsvError::Empty { line: start.line }
        } else {
            short_sample(sample, "the first record is")
        });
    };
    let mark = decimal_mark(&rows, dialect, options)?;
    let missing = Missing::new(options.missing.as_deref(), mark);
    let has_header = options.header.unwrap_or_else(|| is_header(first, mark));
    let header = header_of(first, has_header, options)?;
    let data = if has_header {
        let end = first.end;
        rows.rows.remove(0);
        (start.offset + end, start.line + lines_until(records, end, dialect))
    } else {
        (start.offset, start.line)
    };
    if rows.rows.is_empty() && has_header && rows.is_whole {
        return Err(CsvError::NoRows { line: header.line });
    }
    rows.rows.retain(|row| row.cells.len() == header.names.len());
    Planner { sample: rows, header, missing, mark, options }.plan(dialect, data)
}

/// How many lines end before a byte.
fn lines_until(records: &[u8], end: usize, dialect: Dialect) -> u64 {
    memchr::memchr_iter(dialect.terminator, records.get(..end).unwrap_or_default()).count() as u64
}

fn is_header(first: &SampleRow<'_>, mark: u8) -> bool {
    let is_value = |cell: &[u8]| read_scalar(cell, mark) != Scalar::Text || read_time(cell).is_ok();
    !first.cells.iter().any(|cell| is_value(cell))
}

fn header_of(first: &SampleRow<'_>, has_header: bool, options: &CsvOptions) -> Result<Header, CsvError> {
    let count = first.cells.len();
    if let Some(given) = &options.column_names {
        if given.len() != count {
            let wrong =
                format!("{} names are given and line {} has {count} cells: give one for each", given.len(), first.line);
            return Err(CsvError::Option(wrong));
        }
        return Header::new(first.line, given.iter().map(|name| name.trim().to_owned()).collect());
    }
    if !has_header {
        return Header::new(first.line, (1..=count).map(|place| format!("column_{place}")).collect());
    }
    let mut names = Vec::with_capacity(count);
    for (place, cell) in first.cells.iter().enumerate() {
        let name = std::str::from_utf8(cell).ok().filter(|_| memchr(0, cell).is_none());
        let name = name.ok_or_else(|| CsvError::Header {
            line: first.line,
            position: place + 1,
            wrong: format!("the name {:?} is not UTF-8 text", shorten(cell)),
        })?;
        names.push(name.trim().to_owned());
    }
    Header::new(first.line, names)
}

/// What is known of a file before its columns are.
struct Planner<'a> {
    sample: Sample<'a>,
    header: Header,
    missing: Missing,
    mark: u8,
    options: &'a CsvOptions,
}

impl Planner<'_> {
    fn plan(self, dialect: Dialect, data: (usize, u64)) -> Result<CsvPlan, CsvError> {
        let options = self.options;
        let find_all = |option, names: &[String]| -> Result<Vec<usize>, CsvError> {
            names.iter().map(|name| self.header.find(option, name)).collect()
        };
        let tags = find_all("tags", &options.tags)?;
        let skipped = find_all("skip columns", &options.skip_columns)?;
        let mut types = Vec::new();
        for (name, field_type) in &options.column_types {
            types.push((self.header.find("types", name)?, *field_type));
        }
        let is_free = |place: usize| {
            !tags.contains(&place) && !skipped.contains(&place) && !types.iter().any(|(typed, _)| *typed == place)
        };
        let time_columns = match find_all("time columns", &options.time_columns)? {
            none if options.without_time => none,
            none if none.is_empty() => find_time_columns(&self.sample, &self.header, &self.missing, is_free)?,
            given => given,
        };
        refuse_twice(&self.header, &[&tags, &time_columns, &skipped])?;
        let time = if options.without_time {
            TimeReading::Absent
        } else {
            self.header.refuse_reserved(|place| !time_columns.contains(&place) && !skipped.contains(&place))?;
            find_reading(&self.sample, &self.header, &time_columns, &options.time_format)?
        };
        let mut columns = Vec::with_capacity(self.header.names.len());
        for (place, name) in self.header.names.iter().enumerate() {
            let given = types.iter().find(|(typed, _)| *typed == place).map(|(_, field_type)| *field_type);
            let (role, may_widen) = if time_columns.contains(&place) {
                (ColumnRole::Time, false)
            } else if skipped.contains(&place) {
                (ColumnRole::Skipped, false)
            } else if tags.contains(&place) {
                (ColumnRole::Tag, false)
            } else if let Some(given) = given {
                (ColumnRole::Field(Some(given)), false)
            } else {
                self.field(place)
            };
            self.refuse_unnamed(place, role)?;
            columns.push(PlanColumn { name: name.clone(), role, may_widen });
        }
        let mut plan = CsvPlan {
            dialect,
            data,
            columns,
            tags,
            decimal_mark: self.mark,
            time_columns,
            time,
            timezone: options.timezone,
            local_times: options.local_times,
            limits: Limits {
                record_bytes_max: options.record_bytes_max,
                rejected_listed_max: options.rejected_listed_max,
                batch_rows_max: options.batch_rows_max,
                batch_bytes_max: options.batch_bytes_max,
            },
            repeated_keys: 0,
            missing: self.missing,
        };
        plan.repeated_keys = try_times(&plan, &self.sample)?;
        Ok(plan)
    }

    fn field(&self, place: usize) -> (ColumnRole, bool) {
        let mut evidence = Evidence::default();
        for row in &self.sample.rows {
            evidence.see(row.cell(place), self.mark, &self.missing);
        }
        let field_type = evidence.field_type();
        (ColumnRole::Field(field_type), !self.sample.is_whole && field_type == Some(FieldType::Integer))
    }

    /// A column without a name may be left out only where it has no values.
    fn refuse_unnamed(&self, place: usize, role: ColumnRole) -> Result<(), CsvError> {
        let is_named = self.header.names.get(place).is_some_and(|name| !name.is_empty());
        let has_values = !matches!(role, ColumnRole::Skipped | ColumnRole::Field(None));
        if is_named || !has_values {
            return Ok(());
        }
        Err(self.header.wrong(place, "the column has values and an empty name".to_owned()))
    }
}

fn refuse_twice(header: &Header, lists: &[&[usize]]) -> Result<(), CsvError> {
    let mut seen = HashSet::new();
    match lists.iter().flat_map(|list| list.iter()).find(|place| !seen.insert(**place)) {
        None => Ok(()),
        Some(place) => {
            let name = header.names.get(*place).map_or("", String::as_str);
            Err(CsvError::Option(format!(
                "column {name:?} is named twice among time columns, tags and columns to skip: name it once"
            )))
        }
    }
}

/// Reads the times of the sample: refuses a plan by which most cannot be read, and counts the keys that come again.
fn try_times(plan: &CsvPlan, sample: &Sample<'_>) -> Result<u64, CsvError> {
    if matches!(plan.time, TimeReading::Absent) {
        return Ok(0);
    }
    let mut clock = LocalClock::new(plan.timezone, plan.local_times);
    let (mut joined, mut keys) = (Vec::new(), HashSet::new());
    let (mut repeated, mut failed) = (0, 0);
    let mut first_failure = None;
    for row in &sample.rows {
        let cells = plan.time_columns.iter().map(|place| row.cell(*place));
        match plan.time.read(cells.clone(), &mut joined, &mut clock) {
            Ok(ns) => {
                let tags: Vec<&[u8]> = plan.tags.iter().map(|place| row.cell(*place)).collect();
                repeated += u64::from(!keys.insert((ns, tags)));
            }
            Err(reason) => {
                failed += 1;
                first_failure.get_or_insert_with(|| {
                    crate::time_column::join(cells, &mut joined);
                    CsvError::Time { line: row.line, column: plan.time_name(), text: shorten(&joined), reason }
                });
            }
        }
    }
    match first_failure {
        Some(error) if failed * 2 > sample.rows.len() => Err(error),
        _ => Ok(repeated),
    }
}

#[cfg(test)]
mod tests;

//! `--schema-only`: what each file's columns become.

use tidewell_engine::{ColumnPlan, FilePlan, ImportPlan};

use crate::failure::Failure;
use crate::output::Output;
use crate::size::show_bytes;

/// Says it, file by file.
///
/// # Errors
/// [`Failure`] where a file could not be imported, once all was said.
pub(super) fn report(plan: &ImportPlan) -> Result<(), Failure> {
    let rows: Vec<Vec<String>> = plan.files.iter().flat_map(rows).collect();
    Output::stdout().write_table(&["file", "column", "type", "becomes", "in the table"], &rows)?;
    let mut failed = 0;
    for file in &plan.files {
        for refused in &file.refused {
            eprintln!("{}: {refused}", file.file);
        }
        if let Some(problem) = &file.problem {
            failed += 1;
            eprintln!("{}: {problem}", file.file);
        }
    }
    match failed {
        0 => Ok(()),
        failed => Err(Failure::work(format!("{failed} of {} files could not be imported", plan.files.len()))),
    }
}

/// A row for the file, and one a column.
fn rows(file: &FilePlan) -> Vec<Vec<String>> {
    let count = file.row_count.map(|count| format!("{count} rows, ")).unwrap_or_default();
    let head = vec![
        file.file.clone(),
        format!("({count}{})", show_bytes(file.file_bytes)),
        String::new(),
        String::new(),
        String::new(),
    ];
    [head].into_iter().chain(file.columns.iter().map(column)).collect()
}

fn column(column: &ColumnPlan) -> Vec<String> {
    let kind = column.kind.map_or_else(|| "nothing yet".to_owned(), |kind| kind.to_string());
    vec![String::new(), column.file_name.clone(), column.file_type.clone(), kind, column.name.clone()]
}

//! What each column of a foreign file becomes.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use arrow_schema::DataType;
use tidewell_types::{ColumnKind, FieldType, TIME_COLUMN, TableSchema};

use super::error::Refused;
use super::file_schema::{Root, roots};
use super::mapping::{check_json, check_tag, check_time, field_type, is_repeated, type_name};
use super::options::OnRefused;
use super::{Footer, ForeignError, ForeignOptions};

/// The column that is the time where the options name none.
const TIME_DEFAULT: &str = "timestamp";

/// A column of the rows, and where its values come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanColumn {
    /// Its name in the table: the file's, but `time` for the time.
    pub name: Arc<str>,
    /// Time, tag or field.
    pub kind: ColumnKind,
    /// Where its values come from.
    pub source: Source,
}

/// Where the values of a column come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A column of the file.
    File {
        /// Its name and, within structures, its members' names.
        path: Vec<String>,
        /// Its type in the file.
        file_type: DataType,
    },
    /// The file's path: the same for all rows.
    Path(Option<String>),
}

impl PlanColumn {
    /// The column as the file names it.
    #[must_use]
    pub fn file_name(&self) -> String {
        match &self.source {
            Source::File { path, .. } => path.join("."),
            Source::Path(_) => self.name.to_string(),
        }
    }
}

/// What each column of a foreign file becomes. Its display is one line a column.
#[derive(Clone, Debug)]
pub struct Plan {
    columns: Vec<PlanColumn>,
    refused: Vec<Refused>,
    schema: TableSchema,
    options: ForeignOptions,
    roots: Vec<(String, Option<DataType>)>,
}

struct Leaf {
    path: Vec<String>,
    data_type: Result<DataType, String>,
}

impl Leaf {
    fn name(&self) -> String {
        self.path.join(".")
    }

    fn type_name(&self) -> String {
        self.data_type.as_ref().map_or_else(|_| "unknown".to_owned(), type_name)
    }
}

impl Plan {
    /// Decides by the schema alone; no value is looked at.
    ///
    /// Refused columns do not fail here: [`Rows::new`](super::Rows::new) refuses the file for them, unless the
    /// options leave them out.
    ///
    /// # Errors
    /// [`ForeignError::NoTime`] with the candidates, [`ForeignError::UnknownColumn`] for a name in the options that the
    /// file does not have, [`ForeignError::TimeFormat`]; [`ForeignError::Corrupt`] when the schema makes no sense.
    pub fn new(footer: &Footer, options: &ForeignOptions) -> Result<Self, ForeignError> {
        if let Some(format) = &options.time_format {
            super::instant::check_format(format)?;
        }
        let roots = roots(footer)?;
        let mut leaves = Vec::new();
        for root in &roots {
            flatten(vec![root.name.clone()], root.data_type.clone(), options.flatten, &mut leaves);
        }
        check_names(&leaves, options)?;
        let time = time_column(&leaves, options)?;
        let known = |root: Root| (root.name, root.library_type);
        let mut plan = Self {
            columns: Vec::new(),
            refused: Vec::new(),
            schema: TableSchema::new(),
            options: options.clone(),
            roots: roots.into_iter().map(known).collect(),
        };
        for leaf in leaves {
            plan.place(leaf, &time);
        }
        plan.add_path_tags();
        plan.order();
        Ok(plan)
    }

    /// The columns of the rows: the time, the tags in their order, the fields in the file's order.
    #[must_use]
    pub fn columns(&self) -> &[PlanColumn] {
        &self.columns
    }

    /// The columns that have no place, in the file's order.
    #[must_use]
    pub fn refused(&self) -> &[Refused] {
        &self.refused
    }

    /// The rows' columns as a table's.
    #[must_use]
    pub fn schema(&self) -> &TableSchema {
        &self.schema
    }

    /// The options that it was made by.
    #[must_use]
    pub fn options(&self) -> &ForeignOptions {
        &self.options
    }

    /// Whether rows may be read by it.
    ///
    /// # Errors
    /// [`ForeignError::Columns`] when columns are refused and the options do not leave them out.
    pub fn check(&self) -> Result<(), ForeignError> {
        if self.refused.is_empty() || self.options.on_refused == OnRefused::LeaveOut {
            Ok(())
        } else {
            Err(ForeignError::Columns(self.refused.clone()))
        }
    }

    /// The columns at the top of the file's schema with the types that are known.
    pub(crate) fn roots(&self) -> &[(String, Option<DataType>)] {
        &self.roots
    }

    fn place(&mut self, leaf: Leaf, time: &[String]) {
        let name = leaf.name();
        let is_time = leaf.path == time;
        let is_tag = self.options.tags.contains(&name);
        let is_wanted = self.options.columns.as_ref().is_none_or(|columns| is_named(columns, &leaf.path));
        if !is_time && !is_tag && !is_wanted {
            return;
        }
        let kind = match &leaf.data_type {
            Err(reason) => Err(reason.clone()),
            Ok(_) if is_time => Ok(ColumnKind::Time),
            Ok(data_type) => self.kind(&name, data_type, is_tag).map_err(str::to_owned),
        };
        match (kind, leaf.data_type.clone()) {
            (Ok(kind), Ok(file_type)) => {
                let name = if is_time { TIME_COLUMN } else { &name };
                self.columns.push(PlanColumn {
                    name: name.into(),
                    kind,
                    source: Source::File { path: leaf.path, file_type },
                });
            }
            (Err(reason), _) | (_, Err(reason)) => {
                self.refused.push(Refused { column: name, file_type: leaf.type_name(), reason });
            }
        }
    }

    fn kind(&self, name: &str, data_type: &DataType, is_tag: bool) -> Result<ColumnKind, &'static str> {
        if name == TIME_COLUMN {
            return Err("\"time\" is the name of the rows' time: make it the timestamp column, or rename it");
        }
        if name.is_empty() {
            return Err("it has no name");
        }
        if self.options.path_tags.iter().any(|(tag, _)| tag == name) {
            return Err("the file's path has a value for it too: leave one of them out");
        }
        if is_tag {
            return check_tag(data_type).map(|()| ColumnKind::Tag);
        }
        if self.options.flatten && is_repeated(data_type) {
            return check_json(data_type).map(|()| ColumnKind::Field(FieldType::String));
        }
        field_type(data_type).map(ColumnKind::Field)
    }

    fn add_path_tags(&mut self) {
        for (name, value) in &self.options.path_tags {
            if name == TIME_COLUMN {
                let reason = "\"time\" is the name of the rows' time: rename the folder".to_owned();
                self.refused.push(Refused { column: name.clone(), file_type: "folder".to_owned(), reason });
                continue;
            }
            let source = Source::Path(value.clone());
            self.columns.push(PlanColumn { name: name.as_str().into(), kind: ColumnKind::Tag, source });
        }
    }

    /// Puts the columns into their order and makes the table's schema. The members of a structure may have come to a
    /// name that a column has too.
    fn order(&mut self) {
        let path_tags: Vec<&str> = self.options.path_tags.iter().map(|(name, _)| name.as_str()).collect();
        let tags: Vec<&str> = path_tags.into_iter().chain(self.options.tags.iter().map(String::as_str)).collect();
        let rank = |column: &PlanColumn| match column.kind {
            ColumnKind::Time => 0,
            ColumnKind::Tag => 1 + tags.iter().position(|tag| *tag == &*column.name).unwrap_or(tags.len()),
            ColumnKind::Field(_) => usize::MAX,
        };
        self.columns.sort_by_key(rank);
        let mut names = HashSet::new();
        let (schema, refused) = (&mut self.schema, &mut self.refused);
        self.columns.retain(|column| {
            let is_new = names.insert(Arc::clone(&column.name));
            let added = match column.kind {
                ColumnKind::Time => Ok(true),
                ColumnKind::Tag => schema.add_tag(&column.name),
                ColumnKind::Field(field_type) => schema.add_field(&column.name, field_type),
            };
            if is_new && added.is_ok() {
                return true;
            }
            let file_type = match &column.source {
                Source::File { file_type, .. } => type_name(file_type),
                Source::Path(_) => "folder".to_owned(),
            };
            let reason = "another column comes to the same name: leave one of them out".to_owned();
            refused.push(Refused { column: column.file_name(), file_type, reason });
            false
        });
    }
}

/// The columns that a structure becomes; everything else is one column.
fn flatten(path: Vec<String>, data_type: Result<DataType, String>, is_on: bool, leaves: &mut Vec<Leaf>) {
    match data_type {
        Ok(DataType::Struct(members)) if is_on => {
            for member in &members {
                let path = path.iter().cloned().chain([member.name().clone()]).collect();
                flatten(path, Ok(member.data_type().clone()), is_on, leaves);
            }
        }
        data_type => leaves.push(Leaf { path, data_type }),
    }
}

/// Whether a list of names has a column, or a structure that it is in.
fn is_named(names: &[String], path: &[String]) -> bool {
    (1..=path.len()).any(|len| path.get(..len).is_some_and(|path| names.contains(&path.join("."))))
}

fn check_names(leaves: &[Leaf], options: &ForeignOptions) -> Result<(), ForeignError> {
    let columns = || leaves.iter().map(Leaf::name).collect::<Vec<_>>();
    for tag in &options.tags {
        if !leaves.iter().any(|leaf| leaf.name() == *tag) {
            return Err(ForeignError::UnknownColumn { column: tag.clone(), columns: columns() });
        }
    }
    for column in options.columns.iter().flatten() {
        if !leaves.iter().any(|leaf| is_named(std::slice::from_ref(column), &leaf.path)) {
            return Err(ForeignError::UnknownColumn { column: column.clone(), columns: columns() });
        }
    }
    Ok(())
}

fn find<'a>(leaves: &'a [Leaf], name: &str) -> Option<&'a Leaf> {
    leaves.iter().find(|leaf| leaf.name() == name)
}

fn time_column(leaves: &[Leaf], options: &ForeignOptions) -> Result<Vec<String>, ForeignError> {
    let wanted = options.time_column.as_deref().unwrap_or(TIME_DEFAULT);
    let fallback = || find(leaves, TIME_COLUMN).filter(|_| options.time_fallback && options.time_column.is_none());
    let problem = match find(leaves, wanted).or_else(fallback) {
        None if options.time_fallback && options.time_column.is_none() => {
            format!("there is neither a column {wanted:?} nor a column {TIME_COLUMN:?} for the time")
        }
        None => format!("there is no column {wanted:?} for the time"),
        Some(leaf) if options.tags.contains(&leaf.name()) => format!("column {:?} is to be tag and time", leaf.name()),
        Some(leaf) => match leaf.data_type.as_ref().map_err(String::as_str).and_then(|of| check_time(of)) {
            Ok(()) => return Ok(leaf.path.clone()),
            Err(reason) => format!("column {:?} ({}) cannot be the time: {reason}", leaf.name(), leaf.type_name()),
        },
    };
    let mut candidates: Vec<&Leaf> =
        leaves.iter().filter(|leaf| leaf.data_type.as_ref().is_ok_and(|of| check_time(of).is_ok())).collect();
    // What is surely an instant comes first.
    candidates.sort_by_key(|leaf| match &leaf.data_type {
        Ok(DataType::Timestamp(_, _)) => 0,
        Ok(DataType::Date32 | DataType::Date64) => 1,
        Ok(data_type) if data_type.is_integer() => 2,
        _ => 3,
    });
    let candidates = candidates.iter().map(|leaf| format!("{} ({})", leaf.name(), leaf.type_name())).collect();
    Err(ForeignError::NoTime { problem, candidates })
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for column in &self.columns {
            match &column.source {
                Source::File { path, file_type } => {
                    writeln!(f, "{:?} ({}) -> {}", path.join("."), type_name(file_type), column.kind)?;
                }
                Source::Path(Some(value)) => writeln!(f, "{:?} (folder, {value:?}) -> {}", column.name, column.kind)?,
                Source::Path(None) => writeln!(f, "{:?} (folder, NULL) -> {}", column.name, column.kind)?,
            }
        }
        for refused in &self.refused {
            writeln!(f, "{:?} ({}) -> refused: {}", refused.column, refused.file_type, refused.reason)?;
        }
        Ok(())
    }
}

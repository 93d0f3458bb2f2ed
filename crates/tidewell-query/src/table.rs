//! A table of a snapshot, as the planner sees it.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::datasource::TableType;
use datafusion::error::Result;
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use tidewell_segment::MergeKey;
use tidewell_types::{ColumnKind, TIME_COLUMN, TableName, TableSchema, TimestampNs};

use crate::access::Access;
use crate::filter::{is_on_key, key_span};
use crate::group::groups;
use crate::hidden::HiddenRows;
use crate::key_span::KeySpan;
use crate::pruning::Pruning;
use crate::reader::Wanted;
use crate::scan::{ScanExec, Source};
use crate::segment_fault::internal;
use crate::tail::sorted_tail;
use crate::units::spread;
use crate::view::TableView;

/// A table of a snapshot.
#[derive(Debug)]
pub(crate) struct ViewTable {
    name: String,
    view: TableView,
    arrow: SchemaRef,
    access: Arc<Access>,
}

impl ViewTable {
    pub(crate) fn new(name: &str, view: &TableView, access: &Arc<Access>) -> Self {
        let arrow = view.schema.arrow();
        Self { name: name.to_owned(), view: view.clone(), arrow, access: Arc::clone(access) }
    }

    /// All tags, and of the fields only those in `output`: what a merge needs.
    fn narrowed(&self, output: &Schema) -> Result<TableSchema> {
        let mut narrowed = TableSchema::new();
        for tag in self.view.schema.tags() {
            narrowed.add_tag(tag).map_err(internal)?;
        }
        for field in output.fields() {
            if let Some(ColumnKind::Field(field_type)) = self.view.schema.kind(field.name()) {
                narrowed.add_field(field.name(), field_type).map_err(internal)?;
            }
        }
        Ok(narrowed)
    }

    /// The identities that have not outlived their retention.
    fn kept(&self) -> KeySpan {
        match self.view.time_floor {
            Some(floor) => KeySpan::time(floor.as_ns(), TimestampNs::MAX.as_ns()),
            None => KeySpan::all(),
        }
    }

    /// What to decode of segments that need no merge: without any column the time, to count the rows.
    fn direct_schema(&self, output: &SchemaRef) -> Result<SchemaRef> {
        if !output.fields().is_empty() {
            return Ok(SchemaRef::clone(output));
        }
        let time = self.arrow.field_with_name(TIME_COLUMN)?.clone();
        Ok(Arc::new(Schema::new(vec![time])))
    }
}

#[async_trait]
impl TableProvider for ViewTable {
    fn schema(&self) -> SchemaRef {
        SchemaRef::clone(&self.arrow)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let support = |filter: &&Expr| {
            if is_on_key(&self.view.schema, filter) {
                TableProviderFilterPushDown::Inexact
            } else {
                TableProviderFilterPushDown::Unsupported
            }
        };
        Ok(filters.iter().map(support).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let output = match projection {
            Some(indices) => Arc::new(self.arrow.project(indices)?),
            None => SchemaRef::clone(&self.arrow),
        };
        let narrowed = self.narrowed(&output)?;
        let span = key_span(&self.view.schema, filters).and(self.kept());
        let pruning = Arc::new(Pruning::new(span));
        let statistics = &self.access.statistics;
        let total = self.view.segments.totals().segment_count;
        let registered = self.view.segments.registered().len();
        statistics.add_considered(usize::try_from(total).unwrap_or(usize::MAX).saturating_add(registered));
        let looking = MemoryConsumer::new(format!("files of {}", self.name)).register(&state.runtime_env().memory_pool);
        let segments = match &pruning.span.time {
            Some(time) => {
                let selected = self.access.select(&self.view.segments, time).await?;
                pruning.segments(self.access.with_facts(selected, &self.view.schema, &looking).await?)
            }
            None => Vec::new(),
        };
        if let Ok(table) = TableName::new(&self.name) {
            statistics.add_table(table, segments.iter().map(|segment| segment.file_bytes).sum());
        }
        let tail = sorted_tail(&narrowed, &self.view.tail, &pruning.span)?;
        let reservation =
            MemoryConsumer::new(format!("recent rows of {}", self.name)).register(&state.runtime_env().memory_pool);
        reservation.try_grow(tail.get_array_memory_size())?;
        statistics.add_tail(tail.num_rows());
        let mut groups = groups(&segments, &tail)?;
        let hidden = HiddenRows { tombstones: Arc::clone(&self.view.tombstones), time_floor: self.view.time_floor };
        for group in &mut groups {
            group.has_hidden = group.segments.iter().any(|segment| hidden.concern(segment));
        }
        if groups.is_empty() {
            return Ok(Arc::new(EmptyExec::new(output)));
        }
        let batch_rows = state.config().batch_size();
        let wanted = |schema| Wanted { schema, pruning: Arc::clone(&pruning), batch_rows };
        Ok(Arc::new(ScanExec::new(Source {
            table: self.name.clone(),
            access: Arc::clone(&self.access),
            direct: wanted(self.direct_schema(&output)?),
            merged: wanted(narrowed.arrow()),
            output,
            narrowed,
            key: MergeKey::new(&self.view.schema),
            hidden,
            streams: spread(groups, state.config().target_partitions()),
            limit,
            _reservation: reservation,
        })))
    }
}

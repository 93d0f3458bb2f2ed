//! The operator that reads a table: segments and recent rows, merged where they can share identities.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::SortOptions;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::Statistics;
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::Result;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::coop::cooperative;
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, SchedulingType};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::statistics::StatisticsArgs;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties};
use futures::StreamExt;
use tidewell_segment::MergeKey;
use tidewell_types::TableSchema;

use crate::access::Access;
use crate::ahead::Ahead;
use crate::hidden::HiddenRows;
use crate::read_units::{OPEN_AHEAD, read_units};
use crate::reader::Wanted;
use crate::tail::columns;
use crate::units::Streams;

/// Batches that a stream decodes before they are asked for.
const AHEAD: usize = 2;

/// What a scan reads, and as what.
#[derive(Debug)]
pub(crate) struct Source {
    /// The table's name, for plans.
    pub(crate) table: String,
    pub(crate) access: Arc<Access>,
    /// The columns of the answer, which may be none.
    pub(crate) output: SchemaRef,
    /// What is decoded of segments that need no merge.
    pub(crate) direct: Wanted,
    /// What is decoded of those that do: the key as well.
    pub(crate) merged: Wanted,
    /// The columns of `merged` as a table's.
    pub(crate) narrowed: TableSchema,
    pub(crate) key: MergeKey,
    /// Rows of segments that do not count; pieces that hold some go through a merge.
    pub(crate) hidden: HiddenRows,
    pub(crate) streams: Streams,
    /// Rows that a stream gives at most.
    pub(crate) limit: Option<usize>,
    /// For the recent rows, which stay in memory as long as the plan does.
    pub(crate) _reservation: MemoryReservation,
}

impl Source {
    /// Pieces that are opened before their turn. A scan with a limit may never come to its next piece.
    pub(crate) fn open_ahead(&self) -> usize {
        if self.limit.is_some() { 1 } else { OPEN_AHEAD }
    }
}

/// Reads a table. A leaf: one partition a stream.
#[derive(Debug)]
pub(crate) struct ScanExec {
    source: Arc<Source>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl ScanExec {
    /// What it reads.
    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    pub(crate) fn new(source: Source) -> Self {
        let mut equivalences = EquivalenceProperties::new(SchemaRef::clone(&source.output));
        let order = order(&source);
        if !order.is_empty() {
            equivalences.add_ordering(order);
        }
        let partitioning = Partitioning::UnknownPartitioning(source.streams.streams.len());
        let properties =
            PlanProperties::new(equivalences, partitioning, EmissionType::Incremental, Boundedness::Bounded)
                .with_scheduling_type(SchedulingType::Cooperative);
        Self { source: Arc::new(source), properties: Arc::new(properties), metrics: ExecutionPlanMetricsSet::new() }
    }
}

/// The order that each stream is in: the leading key columns that are part of the answer, NULL first.
fn order(source: &Source) -> Vec<PhysicalSortExpr> {
    if !source.streams.is_sorted {
        return Vec::new();
    }
    let options = SortOptions { descending: false, nulls_first: true };
    let column = |name: &Arc<str>| {
        let index = source.output.index_of(name).ok()?;
        Some(PhysicalSortExpr::new(Arc::new(Column::new(name, index)), options))
    };
    source.key.columns().iter().map_while(column).collect()
}

impl DisplayAs for ScanExec {
    fn fmt_as(&self, _format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Source { table, streams, output, limit, .. } = &*self.source;
        let names: Vec<&str> = output.fields().iter().map(|field| field.name().as_str()).collect();
        write!(f, "TidewellScan: table={table}, columns=[{}]", names.join(", "))?;
        write!(f, ", pieces={}", streams.streams.iter().map(Vec::len).sum::<usize>())?;
        write!(f, ", merge={}, rows<={}", streams.has_merge, streams.row_count_max)?;
        limit.map_or(Ok(()), |limit| write!(f, ", limit={limit}"))
    }
}

impl ExecutionPlan for ScanExec {
    fn name(&self) -> &'static str {
        "TidewellScan"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _visit: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, _children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let metrics = BaselineMetrics::new(&self.metrics, partition);
        let consumer = MemoryConsumer::new(format!("scan of {} [{partition}]", self.source.table));
        let reservation = consumer.register(context.memory_pool());
        let rows = read_units(Arc::clone(&self.source), partition, reservation);
        let rows = Ahead::start(&self.source.access.env, rows, AHEAD);
        let (source, mut left) = (Arc::clone(&self.source), self.source.limit.unwrap_or(usize::MAX));
        let rows = rows.map(move |batch| {
            let batch = columns(&batch?, &source.output)?;
            metrics.record_output(batch.num_rows());
            Ok(batch)
        });
        let limited = rows.scan((), move |(), batch: Result<RecordBatch>| {
            let is_over = left == 0;
            let batch = batch.map(|batch| if batch.num_rows() > left { batch.slice(0, left) } else { batch });
            left -= batch.as_ref().map_or(0, RecordBatch::num_rows);
            std::future::ready((!is_over).then_some(batch))
        });
        let stream = RecordBatchStreamAdapter::new(SchemaRef::clone(&self.source.output), limited);
        Ok(Box::pin(cooperative(stream)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn statistics_from_inputs(&self, _inputs: &[Arc<Statistics>], args: &StatisticsArgs) -> Result<Arc<Statistics>> {
        let mut statistics = Statistics::new_unknown(&self.source.output);
        if args.partition().is_none() {
            let Source { streams, limit, direct, .. } = &*self.source;
            let rows = usize::try_from(streams.row_count_max).unwrap_or(usize::MAX);
            let is_exact = !streams.has_merge && limit.is_none() && direct.pruning.span.is_all();
            statistics.num_rows = if is_exact { Precision::Exact(rows) } else { Precision::Inexact(rows) };
        }
        Ok(Arc::new(statistics))
    }
}

//! Operators that make many rows out of few let others run in between.

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::error::Result;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::coop::CooperativeExec;

/// Has operators whose output can be much larger than their input take turns with other tasks.
///
/// The planner makes only the leaves do so, and a join can run for hours on one batch of a leaf: no deadline would be looked
/// at, and no cancellation.
#[derive(Debug)]
pub(crate) struct YieldWithinJoins;

fn makes_more(plan: &dyn ExecutionPlan) -> bool {
    let name = plan.name();
    name.ends_with("JoinExec") || matches!(name, "UnnestExec" | "RecursiveQueryExec")
}

impl PhysicalOptimizerRule for YieldWithinJoins {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        let wrap = |plan: Arc<dyn ExecutionPlan>| {
            if makes_more(plan.as_ref()) {
                return Ok(Transformed::yes(Arc::new(CooperativeExec::new(plan)) as Arc<dyn ExecutionPlan>));
            }
            Ok(Transformed::no(plan))
        };
        plan.transform_up(wrap).data()
    }

    fn name(&self) -> &'static str {
        "yield_within_joins"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

//! Rollups as parts of messages: encode and decode.

use tidewell_types::{TimeBounds, TimestampNs, Version};

use crate::error::DecodeError;
use crate::message;
use crate::part::{corrupt, table_name, time_bounds};
use crate::rollup::{Aggregate, DirtySpan, DirtySpans, Rollup, RollupChange, RollupDefinition, RollupStep};

pub(crate) fn rollup_message((name, rollup): (&String, &Rollup)) -> message::Rollup {
    let dirty = |span: &DirtySpan| message::Span {
        version: span.version.get(),
        is_replaced: span.is_replaced,
        ..span_message(&span.time)
    };
    message::Rollup {
        name: name.clone(),
        definition: Some(definition_message(&rollup.definition)),
        created: rollup.created.get(),
        stepped: rollup.stepped.get(),
        dirty: rollup.dirty.spans().iter().map(dirty).collect(),
    }
}

pub(crate) fn read_rollup(body: &message::Rollup) -> Result<(String, Rollup), DecodeError> {
    let dirty = body.dirty.iter().map(|span| {
        let (time, version) = (read_span(span)?, Version::new(span.version));
        Ok(DirtySpan { time, version, is_replaced: span.is_replaced })
    });
    let dirty = DirtySpans::from_spans(dirty.collect::<Result<_, DecodeError>>()?).ok_or(corrupt("marks"))?;
    let definition = read_definition(body.definition.as_ref().ok_or(corrupt("rollup"))?)?;
    let (created, stepped) = (Version::new(body.created), Version::new(body.stepped));
    Ok((body.name.clone(), Rollup { definition, created, stepped, dirty }))
}

pub(crate) fn change_message(change: &RollupChange) -> message::RollupChange {
    let definition = change.definition.as_ref();
    message::RollupChange {
        name: change.name.clone(),
        definition: definition.map(|(definition, _)| definition_message(definition)),
        since_ns: definition.map(|(_, since)| since.as_ns()).unwrap_or_default(),
    }
}

pub(crate) fn read_change(body: &message::RollupChange) -> Result<RollupChange, DecodeError> {
    let definition = body.definition.as_ref().map(read_definition).transpose()?;
    let definition = definition.map(|definition| (definition, TimestampNs::from_ns(body.since_ns)));
    Ok(RollupChange { name: body.name.clone(), definition })
}

pub(crate) fn step_message(step: &RollupStep) -> message::RollupStep {
    let done = step.done.iter().map(span_message).collect();
    message::RollupStep { name: step.name.clone(), as_of: step.as_of.get(), done }
}

pub(crate) fn read_step(body: &message::RollupStep) -> Result<RollupStep, DecodeError> {
    let done = body.done.iter().map(read_span).collect::<Result<_, _>>()?;
    Ok(RollupStep { name: body.name.clone(), as_of: Version::new(body.as_of), done })
}

fn definition_message(definition: &RollupDefinition) -> message::RollupDefinition {
    let names = |names: &Option<Vec<String>>| names.clone().map(|names| message::RollupNames { names });
    message::RollupDefinition {
        source: definition.source.as_str().to_owned(),
        target: definition.target.as_str().to_owned(),
        interval_ms: definition.interval_ms,
        settle_ms: definition.settle_ms,
        tags: names(&definition.tags),
        fields: names(&definition.fields),
        aggregates: definition.aggregates.iter().map(|aggregate| aggregate_number(*aggregate)).collect(),
    }
}

fn read_definition(body: &message::RollupDefinition) -> Result<RollupDefinition, DecodeError> {
    let names = |names: &Option<message::RollupNames>| names.as_ref().map(|names| names.names.clone());
    let definition = RollupDefinition {
        source: table_name(&body.source)?,
        target: table_name(&body.target)?,
        interval_ms: body.interval_ms,
        settle_ms: body.settle_ms,
        tags: names(&body.tags),
        fields: names(&body.fields),
        aggregates: body.aggregates.iter().map(|number| read_aggregate(*number)).collect::<Result<_, _>>()?,
    };
    definition.check().map_err(|_| corrupt("rollup"))?;
    Ok(definition)
}

const fn aggregate_number(aggregate: Aggregate) -> u32 {
    match aggregate {
        Aggregate::Mean => 1,
        Aggregate::Min => 2,
        Aggregate::Max => 3,
        Aggregate::Sum => 4,
        Aggregate::Count => 5,
        Aggregate::First => 6,
        Aggregate::Last => 7,
    }
}

fn read_aggregate(number: u32) -> Result<Aggregate, DecodeError> {
    Aggregate::ALL.into_iter().find(|aggregate| aggregate_number(*aggregate) == number).ok_or(corrupt("aggregate"))
}

fn span_message(time: &TimeBounds) -> message::Span {
    message::Span { min_ns: time.min.as_ns(), max_ns: time.max.as_ns(), version: 0, is_replaced: false }
}

fn read_span(span: &message::Span) -> Result<TimeBounds, DecodeError> {
    time_bounds(span.min_ns, span.max_ns)
}

//! Which columns are the time and the id of a series, where nobody says.

use tidewell_segment::foreign::FileColumn;

/// Names of a column that alone is the id, best first.
const IDS: [&str; 10] =
    ["seriesid", "series", "timeseriesid", "tsid", "uniqueid", "itemid", "sid", "seriesname", "seriesuid", "uuid"];

/// Names of columns that together are the id.
const PARTS: [&str; 36] = [
    "id",
    "sensor",
    "sensorid",
    "device",
    "deviceid",
    "host",
    "hostname",
    "symbol",
    "ticker",
    "station",
    "stationid",
    "meter",
    "meterid",
    "metric",
    "metricname",
    "channel",
    "location",
    "locationid",
    "site",
    "siteid",
    "node",
    "nodeid",
    "instance",
    "asset",
    "assetid",
    "machine",
    "machineid",
    "vehicleid",
    "customerid",
    "storeid",
    "productid",
    "sku",
    "name",
    "region",
    "variable",
    "measurement",
];

/// Names of the time, best first.
const TIMES: [&str; 10] =
    ["timestamp", "time", "ts", "datetime", "date", "ds", "eventtime", "createdat", "index", "indexlevel0"];

/// A name without case and without what joins its words.
fn plain(name: &str) -> String {
    name.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The id's columns: the best of the first list, or else all of the second, folders before columns; none where there are
/// none, and the dataset is one series. Only columns that can be a tag count, and of the second list only texts, except
/// those called `id` or `…id`.
pub(crate) fn series_columns(columns: &[FileColumn], partitions: &[String], time: &str) -> Vec<String> {
    let can = |column: &&FileColumn| column.can_be_tag && column.name != time;
    let alone = IDS.iter().find_map(|id| {
        let column = columns.iter().filter(can).find(|column| plain(&column.name) == *id).map(|column| &column.name);
        column.or_else(|| partitions.iter().find(|partition| plain(partition) == *id))
    });
    if let Some(alone) = alone {
        return vec![alone.clone()];
    }
    let is_part = |name: &str| PARTS.contains(&plain(name).as_str());
    let folders = partitions.iter().filter(|partition| is_part(partition)).cloned();
    let in_file = columns
        .iter()
        .filter(can)
        .filter(|column| is_part(&column.name) && (column.is_text || plain(&column.name).ends_with("id")));
    let in_file = in_file.map(|column| column.name.clone()).filter(|name| !partitions.contains(name));
    folders.chain(in_file).collect()
}

/// The time: the best of the list that can be it (texts excepted), or else the first column that is a timestamp or a date,
/// or else a text of the list.
pub(crate) fn time_column(columns: &[FileColumn]) -> Option<String> {
    let named = |is_text: bool| {
        TIMES.iter().find_map(|name| {
            let mut candidates = columns.iter().filter(|column| column.can_be_time && column.is_text == is_text);
            candidates.find(|column| plain(&column.name) == *name)
        })
    };
    let typed = || columns.iter().find(|column| column.is_instant);
    named(false).or_else(typed).or_else(|| named(true)).map(|column| column.name.clone())
}

#[cfg(test)]
mod tests;

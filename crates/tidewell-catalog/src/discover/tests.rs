//! How objects are grouped.

use super::*;

fn found(prefix: &str, keys: &[&str]) -> Vec<(String, Option<String>, Vec<String>)> {
    let listed = keys.iter().map(|key| Listed { key: (*key).to_owned(), bytes: 1, tag: None }).collect();
    let plain = |found: Found| {
        let keys = found.files.into_iter().map(|file| file.key).collect();
        (found.root, found.sidecar.map(|file| file.key), keys)
    };
    discover(prefix, listed).into_iter().map(plain).collect()
}

fn roots(prefix: &str, keys: &[&str]) -> Vec<(String, usize)> {
    found(prefix, keys).into_iter().map(|(root, _, files)| (root, files.len())).collect()
}

fn expected(roots: &[(&str, usize)]) -> Vec<(String, usize)> {
    roots.iter().map(|(root, count)| ((*root).to_owned(), *count)).collect()
}

#[test]
fn files_are_grouped_by_folder_and_name_value_folders_are_folded() {
    let keys =
        ["top.parquet", "a/1.parquet", "a/2.pq", "a/b/3.parq", "a/d=1/4.parquet", "a/d=2/e=3/x/5.parquet", "a/=/6.pq"];
    assert_eq!(roots("", &keys), expected(&[("", 1), ("a", 4), ("a/=", 1), ("a/b", 1)]));
}

#[test]
fn name_value_folder_directly_below_the_prefix_belongs_to_it() {
    assert_eq!(roots("p", &["p/d=1/x.parquet", "p/y.parquet"]), expected(&[("p", 2)]));
    assert_eq!(roots("", &["d=1/x.parquet"]), expected(&[("", 1)]));
    assert_eq!(roots("p/d=1", &["p/d=1/x.parquet"]), expected(&[("p/d=1", 1)]));
}

#[test]
fn what_is_no_data_is_left_out() {
    let keys = [
        "a/_SUCCESS",
        "a/x.csv",
        "a/.x.parquet",
        "a/_x.parquet",
        "a/_delta_log/x.parquet",
        "a/.tmp/x.parquet",
        "a/.parquet",
        "a/parquet",
        "a/_d=1/x.parquet",
    ];
    assert_eq!(roots("", &keys), expected(&[("a", 1)]));
    // Above the prefix anything goes.
    assert_eq!(roots("_x", &["_x/y.parquet"]), expected(&[("_x", 1)]));
}

#[test]
fn yaml_file_takes_all_below_it_that_is_not_taken_by_a_nearer_one() {
    let keys =
        ["p/dataset.yaml", "p/a/1.parquet", "p/b/tidewell.yml", "p/b/c/2.parquet", "p/b/k=1/3.parquet", "q/4.parquet"];
    let found = found("", &keys);
    let sidecars: Vec<_> =
        found.iter().map(|(root, sidecar, files)| (root.as_str(), sidecar.as_deref(), files.len())).collect();
    let expected = [("p", Some("p/dataset.yaml"), 1), ("p/b", Some("p/b/tidewell.yml"), 2), ("q", None, 1)];
    assert_eq!(sidecars, expected);
}

#[test]
fn yaml_file_of_the_best_name_counts() {
    let keys = ["p/weather_metadata.yaml", "p/metadata.yaml", "p/dataset.yaml", "p/other.yaml", "p/x.parquet"];
    assert_eq!(found("p", &keys)[0].1.as_deref(), Some("p/dataset.yaml"));
    let without_best: Vec<&str> = keys.into_iter().filter(|key| *key != "p/dataset.yaml").collect();
    assert_eq!(found("p", &without_best)[0].1.as_deref(), Some("p/metadata.yaml"));
    assert_eq!(
        found("p", &["p/weather_metadata.yaml", "p/x.parquet"])[0].1.as_deref(),
        Some("p/weather_metadata.yaml")
    );
}

//! An unmodified DuckDB reads the segments as Parquet.

use std::process::Command;

use tidewell_testkit::ServerFlags;

use crate::place::Place;

/// A Python that can import duckdb, or why there is none.
fn python_with_duckdb() -> Result<String, String> {
    let python = std::env::var("TIDEWELL_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    match Command::new(&python).args(["-c", "import duckdb"]).output() {
        Err(error) => Err(format!("{python} does not run: {error}")),
        Ok(output) if !output.status.success() => Err(format!("{python} has no duckdb module")),
        Ok(_) => Ok(python),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn duckdb_counts_the_rows_that_the_server_counts() {
    let python = match python_with_duckdb() {
        Ok(python) => python,
        Err(why) => {
            eprintln!("DuckDB test skipped: {why}");
            return;
        }
    };
    let place = Place::folder();
    let mut server = place.serve("wal", ServerFlags::new());
    for batch in 0..5u64 {
        let line = |row: u64| {
            let id = batch * 900 + row;
            format!(
                "cpu,host=h{},region=r{} usage={}.5,cores={}i,on={},note=\"n {id}\" {}\n",
                row % 7,
                row % 3,
                id,
                id,
                id.is_multiple_of(2),
                id * 1_000_000_000
            )
        };
        // Batches overlap in their last hundred rows, which so are written twice.
        let lines: String = (0..1000).map(line).collect();
        server.write(&lines).await;
    }
    let count = server.sql_value("SELECT count(*) FROM cpu").await.as_u64().unwrap();
    let sum = server.sql_value("SELECT sum(cores) FROM cpu").await.as_i64().unwrap();
    assert!(server.sigterm_and_wait().success());
    let glob = format!("{}/**/*.parquet", place.store());
    let script = format!(
        "import duckdb\n\
         rows = duckdb.sql(\"select count(*), sum(cores), count(distinct host), min(time)::varchar, typeof(any_value(time)) \
         from read_parquet('{glob}')\").fetchall()[0]\n\
         print('|'.join(str(value) for value in rows))"
    );
    let output = Command::new(python).args(["-c", &script]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let cells: Vec<&str> = text.trim().split('|').collect();
    assert_eq!(cells[..4], [&*count.to_string(), &*sum.to_string(), "7", "1970-01-01 00:00:00"], "{text}");
    assert!(cells[4].starts_with("TIMESTAMP"), "{text}");
}

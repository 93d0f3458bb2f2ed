"""Writes a table that is in memory to Parquet with one of the peers: the fastest round's seconds and memory."""
import sys
import time

peer, source, target, codec, rounds = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5])
LEVEL = 1


def status(name):
    for line in open("/proc/self/status"):
        if line.startswith(name):
            return int(line.split()[1])
    return 0


try:
    import pyarrow as pa
    import pyarrow.parquet as pq

    tags = ["host", "region"]
    level = {"compression_level": LEVEL} if codec == "zstd" else {}
    if peer == "pyarrow":
        # Dictionaries, as Tidewell has them in memory.
        table = pq.read_table(source).unify_dictionaries()
        run = lambda: pq.write_table(table, target, compression=codec, **level)
    elif peer == "pyarrow-strings":
        table = pq.read_table(source)
        for tag in tags:
            table = table.set_column(table.schema.get_field_index(tag), tag, table[tag].cast(pa.string()))
        run = lambda: pq.write_table(table, target, compression=codec, **level)
    elif peer.startswith("duckdb"):
        import duckdb

        db = duckdb.connect()
        db.execute("SET threads = 2")
        db.execute(f"CREATE TABLE rows AS SELECT * REPLACE (host::VARCHAR AS host, region::VARCHAR AS region) FROM '{source}'")
        if peer == "duckdb-enum":
            for tag in tags:
                db.execute(f"CREATE TYPE {tag}_type AS ENUM (SELECT DISTINCT {tag} FROM rows ORDER BY {tag})")
                db.execute(f"ALTER TABLE rows ALTER {tag} TYPE {tag}_type")
        name = {"lz4": "lz4_raw", "none": "uncompressed"}.get(codec, codec)
        more = f", COMPRESSION_LEVEL {LEVEL}" if codec == "zstd" else ""
        run = lambda: db.execute(f"COPY rows TO '{target}' (FORMAT parquet, COMPRESSION {name}{more})")
    else:
        import os

        os.environ["POLARS_MAX_THREADS"] = "2"
        import polars as pl

        frame = pl.read_parquet(source)
        frame = frame.with_columns(pl.col(tag).cast(pl.String) for tag in tags)
        if peer == "polars-categorical":
            frame = frame.with_columns(pl.col(tag).cast(pl.Categorical) for tag in tags)
        name = {"none": "uncompressed"}.get(codec, codec)
        run = lambda: frame.write_parquet(target, compression=name, **level)
except ImportError as error:
    print(f"{peer} skipped: {error}", file=sys.stderr)
    sys.exit(1)

best = None
for _ in range(rounds):
    open("/proc/self/clear_refs", "w").write("5")
    before, start = status("VmRSS:"), time.monotonic()
    run()
    seconds = time.monotonic() - start
    peak = max(status("VmHWM:") - before, 0) // 1024
    if best is None or seconds < best[0]:
        best = (seconds, peak)
print(best[0], best[1])

"""Writes a table that is in memory to Parquet with one of the peers.

Prints the fastest round's seconds, and in MiB what all rounds took at the most beside the rows, and the process whole.
"""
import ctypes
import gc
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
    import pyarrow.ipc
    import pyarrow.parquet as pq

    tags = ["host", "region"]

    def rows():
        # Reading these leaves no memory over that writing could make use of unseen.
        return pa.ipc.open_file(pa.OSFile(source + ".arrow")).read_all()

    level = {"compression_level": LEVEL} if codec == "zstd" else {}
    if peer == "convert":
        # Dictionaries, as Tidewell has them in memory.
        table = pq.read_table(source).unify_dictionaries()
        with pa.ipc.new_file(source + ".arrow", table.schema) as file:
            file.write_table(table, max_chunksize=131_072)
        run = lambda: None
    elif peer == "pyarrow":
        table = rows()
        run = lambda: pq.write_table(table, target, compression=codec, **level)
    elif peer == "pyarrow-strings":
        table = rows()
        for tag in tags:
            table = table.set_column(table.schema.get_field_index(tag), tag, table[tag].cast(pa.string()))
        run = lambda: pq.write_table(table, target, compression=codec, **level)
    elif peer.startswith("duckdb"):
        import duckdb

        db = duckdb.connect()
        db.execute("SET threads = 2")
        db.execute("SET enable_progress_bar = false")
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

        frame = pl.from_arrow(rows())
        if peer == "polars":
            frame = frame.with_columns(pl.col(tag).cast(pl.String) for tag in tags)
        name = {"none": "uncompressed"}.get(codec, codec)
        run = lambda: frame.write_parquet(target, compression=name, **level)
except ImportError as error:
    print(f"{peer} skipped: {error}", file=sys.stderr)
    sys.exit(1)

# What reading left over must neither count against the peer nor hide what writing takes.
gc.collect()
pa.default_memory_pool().release_unused()
ctypes.CDLL(None).malloc_trim(0)
open("/proc/self/clear_refs", "w").write("5")
held, taken = status("VmRSS:"), []
for _ in range(rounds):
    start = time.monotonic()
    run()
    taken.append(time.monotonic() - start)
whole = status("VmHWM:")
print(min(taken), (whole - held) // 1024, whole // 1024)

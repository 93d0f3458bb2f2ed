"""Reads a CSV into Arrow memory with one engine: argv is the engine and the file. Prints JSON of time, peak and sums."""

import json
import sys
import time


def resident(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(name))


engine, path = sys.argv[1:3]
try:
    import pyarrow as pa
    import pyarrow.compute as pc

    if engine == "polars":
        import polars as module

        read = lambda: module.read_csv(path, try_parse_dates=True).to_arrow()
    elif engine == "duckdb":
        import duckdb as module

        def read():
            found = module.connect().sql(f"SELECT * FROM read_csv('{path}')").arrow()
            return found.read_all() if hasattr(found, "read_all") else found

    else:
        import pyarrow.csv as csv

        module = pa
        read = lambda: csv.read_csv(path)
except ImportError as error:
    print(json.dumps({"missing": str(error)}))
    sys.exit(0)

at_start = resident("VmRSS")
start, cpu_start = time.perf_counter(), time.process_time()
table = read()
seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
peak = resident("VmHWM")


def bound(function):
    value = function(table.column("time")).as_py()
    return value if isinstance(value, int) else round(value.timestamp() * 1000)


def total(name):
    return pc.sum(table.column(name)).as_py()


if pa.types.is_timestamp(table.schema.field("time").type) and table.schema.field("time").type.tz is None:
    import datetime

    bound = lambda function: round(
        function(table.column("time")).as_py().replace(tzinfo=datetime.timezone.utc).timestamp() * 1000
    )
print(
    json.dumps(
        {
            "version": module.__version__,
            "types": [str(kind) for kind in table.schema.types],
            "seconds": seconds,
            "cpu_seconds": cpu_seconds,
            "peak_bytes": peak,
            "start_bytes": at_start,
            "rows": table.num_rows,
            "floats": total("load") + total("temp"),
            "integers": total("bytes") + total("errors"),
            "first_ms": bound(pc.min),
            "last_ms": bound(pc.max),
        }
    )
)

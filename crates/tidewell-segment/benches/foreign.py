"""Reads or writes a Parquet file with pyarrow.

Prints the fastest round's seconds, and in MiB what all rounds took at the most beside what was held before, and the
process whole.
"""
import sys
import time

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ImportError as error:
    print(f"pyarrow: {error}", file=sys.stderr)
    sys.exit(1)

verb, source, argument, rounds = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])


def status(name):
    for line in open("/proc/self/status"):
        if line.startswith(name):
            return int(line.split()[1])
    return 0


if verb == "write":
    rounds, run = 1, lambda: pq.write_table(pq.read_table(source), argument)
else:
    pa.set_cpu_count(int(argument))
    run = lambda: pq.read_table(source, use_threads=int(argument) > 1)

open("/proc/self/clear_refs", "w").write("5")
held, taken = status("VmRSS:"), []
for _ in range(rounds):
    start = time.monotonic()
    run()
    taken.append(time.monotonic() - start)
whole = status("VmHWM:")
print(min(taken), (whole - held) // 1024, whole // 1024)

"""Reads as a host in Python does: argv is the library and a folder with rows.csv; with pyarrow also as a stream."""

import ctypes
import json
import sys

lib = ctypes.CDLL(sys.argv[1])
path = sys.argv[2] + "/rows.csv"
lib.create_reader.argtypes, lib.create_reader.restype = [ctypes.c_char_p], ctypes.c_void_p
# One argument, as hosts of such readers call it.
lib.extract_batch.argtypes, lib.extract_batch.restype = [ctypes.c_void_p], ctypes.c_void_p
lib.free_reader.argtypes, lib.free_reader.restype = [ctypes.c_void_p], None
lib.free_string.argtypes, lib.free_string.restype = [ctypes.c_void_p], None
lib.last_error.argtypes, lib.last_error.restype = [], ctypes.c_char_p


def batches(config):
    reader = lib.create_reader(json.dumps(config).encode())
    assert reader, lib.last_error()
    while True:
        pointer = lib.extract_batch(reader)
        if not pointer:
            break
        text = ctypes.c_char_p(pointer).value.decode()
        lib.free_string(pointer)
        batch = json.loads(text)
        assert isinstance(batch, list), batch
        yield batch
    lib.free_reader(reader)


# The config that Dativo's bridge makes.
dativo = {
    "type": "csv",
    "connection": {},
    "credentials": {},
    "object": None,
    "files": [{"path": path, "id": "a"}, {"path": path, "object": "b"}],
    "incremental": {},
    "engine": {"type": "native", "options": {"batch_size": 300, "delimiter": ";", "native": {}}},
}
found = list(batches(dativo))
assert [len(batch) for batch in found] == [300, 300, 300, 100] * 2, [len(batch) for batch in found]
first = found[0][0]
assert list(first) == ["when", "room", "temp", "count"], first
assert first == {"when": "2024-01-01 00:00:00", "room": "r0", "temp": 0.5, "count": 0}, first
assert sum(row["count"] for batch in found for row in batch) == 999 * 1000

for garbage in [b"", b"{", b"\xff\xfe", b"null", b'{"files": []}', b'{"path": 7}']:
    assert lib.create_reader(garbage) is None
    assert lib.last_error(), garbage
assert lib.create_reader(None) is None
pointer = lib.extract_batch(None)
assert json.loads(ctypes.c_char_p(pointer).value)["status"] == "error"
lib.free_string(pointer)
lib.free_reader(None)
lib.free_reader(12345)

try:
    import pyarrow as pa
except ImportError:
    print("skipped: no pyarrow")
    sys.exit(0)

lib.reader_stream.argtypes, lib.reader_stream.restype = [ctypes.c_void_p, ctypes.c_void_p], ctypes.c_int
config = {"files": [path, path], "batch_size": 300, "time_column": "when", "timezone": "+01:00", "tags": "room"}
reader = lib.create_reader(json.dumps(config).encode())
assert reader, lib.last_error()
memory = ctypes.create_string_buffer(64)
assert lib.reader_stream(reader, memory) == 0, lib.last_error()
lib.free_reader(reader)
table = pa.RecordBatchReader._import_from_c(ctypes.addressof(memory)).read_all()
table.validate(full=True)
assert table.num_rows == 2000
assert table.schema.names == ["time", "room", "temp", "count"], table.schema
assert table.schema.field("time").type == pa.timestamp("ns")
assert str(table.column("time")[0].as_py()) == "2023-12-31 23:00:00", table.column("time")[0]
assert table.column("room").to_pylist()[:3] == ["r0", "r1", "r2"]
assert sum(table.column("count").to_pylist()) == 999 * 1000
print("ok with pyarrow")

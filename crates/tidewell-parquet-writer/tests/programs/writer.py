"""Writes as a host in Python does: argv is the library and a folder; with pyarrow the files are read back."""

import ctypes
import json
import os
import sys

lib = ctypes.CDLL(sys.argv[1])
folder = sys.argv[2]
lib.create_writer.argtypes, lib.create_writer.restype = [ctypes.c_char_p], ctypes.c_void_p
lib.write_batch.argtypes, lib.write_batch.restype = [ctypes.c_void_p, ctypes.c_char_p], ctypes.c_void_p
lib.close_writer.argtypes, lib.close_writer.restype = [ctypes.c_void_p], ctypes.c_void_p
lib.free_writer.argtypes, lib.free_writer.restype = [ctypes.c_void_p], None
lib.free_string.argtypes, lib.free_string.restype = [ctypes.c_void_p], None
lib.last_error.argtypes, lib.last_error.restype = [], ctypes.c_char_p


def text(pointer):
    answer = ctypes.c_char_p(pointer).value.decode()
    lib.free_string(pointer)
    return json.loads(answer)


# The config and the batches that Dativo's bridge makes.
dativo = {
    "asset_name": "rooms",
    "schema": [
        {"name": "id", "type": "integer", "required": True},
        {"name": "name", "type": "string"},
        {"name": "temp", "type": "float"},
        {"name": "at", "type": "timestamp"},
    ],
    "output_base": folder + "/out",
    "target_type": "parquet",
    "connection": {},
    "file_format": "parquet",
    "engine": {"type": "native", "options": {"compression": "snappy", "row_group_size": 100, "native": {}}},
}
writer = lib.create_writer(json.dumps(dativo).encode())
assert writer, lib.last_error()
made = []
for counter in range(3):
    records = [
        {"id": row, "name": f"röm {row % 2}", "temp": row / 2, "at": "2024-01-31T12:00:00.25", "other": row}
        for row in range(250)
    ]
    files = text(lib.write_batch(writer, json.dumps({"records": records, "file_counter": counter}).encode()))
    assert files[0]["record_count"] == 250 and files[0]["size_bytes"] == os.path.getsize(files[0]["path"]), files
    made += files
lib.free_writer(writer)
assert [os.path.basename(file["path"]) for file in made] == [f"part-0000{n}.parquet" for n in range(3)]
assert sorted(os.listdir(folder + "/out")) == [f"part-0000{n}.parquet" for n in range(3)]

for garbage in [b"", b"{", b"\xff\xfe", b"null", b"{}"]:
    assert lib.create_writer(garbage) is None
    assert lib.last_error(), garbage
assert lib.create_writer(None) is None
assert text(lib.write_batch(None, b"[]"))["status"] == "error"
assert text(lib.write_batch(777, None))["status"] == "error"
lib.free_writer(None)
lib.free_writer(12345)

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ImportError:
    print("skipped: no pyarrow")
    sys.exit(0)

file = pq.ParquetFile(made[1]["path"])
assert file.metadata.num_row_groups == 3, file.metadata
assert file.metadata.row_group(0).column(0).compression == "SNAPPY", file.metadata.row_group(0).column(0)
table = file.read()
table.validate(full=True)
assert table.schema.names == ["id", "name", "temp", "at"], table.schema
assert table.schema.types[:3] == [pa.int64(), pa.string(), pa.float64()], table.schema
assert table.column("id").to_pylist() == list(range(250))
assert table.column("name")[1].as_py() == "röm 1"
assert str(table.column("at")[0].as_py()) == "2024-01-31 12:00:00.250000"

lib.write_stream.argtypes, lib.write_stream.restype = [ctypes.c_void_p, ctypes.c_void_p], ctypes.c_int
source = pa.table(
    {
        "t": pa.array([0, None, 2], pa.timestamp("ns")),
        "s": pa.array(["a", "b", None]).dictionary_encode(),
        "l": pa.array([[1], [], None], pa.list_(pa.int32())),
        "d": pa.array([1, 2, 3], pa.decimal128(10, 2)),
    }
)
for compression, shown in [("snappy", "SNAPPY"), ("lz4", "LZ4"), ("zstd:3", "ZSTD"), ("none", "UNCOMPRESSED")]:
    path = f"{folder}/{shown}.parquet"
    writer = lib.create_writer(json.dumps({"path": path, "compression": compression}).encode())
    for _ in range(2):
        memory = ctypes.create_string_buffer(64)
        source.to_reader(max_chunksize=2)._export_to_c(ctypes.addressof(memory))
        assert lib.write_stream(writer, memory) == 0, lib.last_error()
    assert not os.path.exists(path)
    assert text(lib.close_writer(writer)) == [{"path": path, "size_bytes": os.path.getsize(path), "record_count": 6}]
    lib.free_writer(writer)
    assert pq.ParquetFile(path).metadata.row_group(0).column(0).compression == shown
    found = pq.read_table(path)
    assert found.equals(pa.concat_tables([source, source]).unify_dictionaries()) or (
        found.to_pylist() == source.to_pylist() * 2
    ), found
print("ok with pyarrow")

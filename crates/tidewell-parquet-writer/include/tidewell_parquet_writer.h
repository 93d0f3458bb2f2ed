/* Writes Parquet files: rows as JSON, or as Arrow streams without a copy.
 *
 *     void *writer = create_writer("{\"path\": \"rows.parquet\", \"compression\": \"snappy\"}");
 *     if (!writer) { fprintf(stderr, "%s\n", last_error()); return 1; }
 *     free_string(write_batch(writer, "[{\"room\": \"kitchen\", \"temp\": 21.5}]"));
 *     char *files = close_writer(writer);
 *     free_string(files);
 *     free_writer(writer);
 *
 * Who owns what
 *   - A writer belongs to the caller until free_writer. It is a number in the shape of a pointer and is never followed:
 *     one that is NULL, freed, another library's or invented is an error, and nothing else happens.
 *   - A text that a function returns as char * belongs to the caller until free_string. It ends with NUL, is UTF-8, and
 *     may be written over in place. free_string looks its address up: freed twice, or another's, is an error and no more.
 *   - The text of last_error belongs to the library, until the next call of the same thread.
 *   - A text that is given to a function stays the caller's. It is NULL or ends with NUL: that much the library has to
 *     believe.
 *   - A stream that is given to write_stream is taken, and released before that returns, whatever comes of it. The struct
 *     itself stays the caller's; its release is NULL then.
 *
 * Files
 *   A file is written under a name like ".rows.parquet.4711-0.partial" beside its own, and gets its own only when all of
 *   it is on disk: nobody sees half a file. One that had the name before is replaced in that moment. What is given up, or
 *   belongs to a writer that is freed before it is closed, is removed; only a process that is killed leaves it behind.
 *
 * Threads
 *   Any thread may call any function. Calls with one writer wait for each other, those with different ones do not. A
 *   writer that is freed during a call ends with that call.
 *
 * Errors
 *   No error ends the process. Functions that return a text return {"status":"error","error":"..."}; the others say it by
 *   NULL or a number; last_error has the text in either case, and is NULL after a call that went well.
 *
 * One program with more than one such library
 *   free_string and last_error are also names in other libraries. A program that links several of them uses the names
 *   that begin with tidewell_parquet_; one that loads each by dlopen or ctypes need not care.
 */
#ifndef TIDEWELL_PARQUET_WRITER_H
#define TIDEWELL_PARQUET_WRITER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
  const char *format;
  const char *name;
  const char *metadata;
  int64_t flags;
  int64_t n_children;
  struct ArrowSchema **children;
  struct ArrowSchema *dictionary;
  void (*release)(struct ArrowSchema *);
  void *private_data;
};

struct ArrowArray {
  int64_t length;
  int64_t null_count;
  int64_t offset;
  int64_t n_buffers;
  int64_t n_children;
  const void **buffers;
  struct ArrowArray **children;
  struct ArrowArray *dictionary;
  void (*release)(struct ArrowArray *);
  void *private_data;
};

#endif /* ARROW_C_DATA_INTERFACE */

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

struct ArrowArrayStream {
  int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
  int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
  const char *(*get_last_error)(struct ArrowArrayStream *);
  void (*release)(struct ArrowArrayStream *);
  void *private_data;
};

#endif /* ARROW_C_STREAM_INTERFACE */

/* A writer for a config, which is a JSON object:
 *
 *   path            one file for all rows, which close_writer ends; or instead of it
 *   output_base     a folder, where each write_batch and write_stream makes a file part-00000.parquet, part-00001.parquet …
 *   schema          [{"name": "temp", "type": "float", "required": false}, ...]; none: the first rows decide
 *                   types: string, tag (text with few values), json (any value, as its text; also object, array),
 *                   integer, unsigned, float (number, double), boolean, timestamp (datetime), date
 *   compression     "snappy", "lz4", "zstd", "zstd:1" to "zstd:22", or "none"                     "zstd"
 *   row_group_size  most rows of a row group, of which one is held in memory                      131072
 *   tags            columns that are tags, whatever the schema or the rows say: a name, or a list
 *   time_columns    columns that are timestamps, likewise; also time_column
 *
 * A member that is null counts as not given; an unknown one is an error. The config that Dativo gives is understood:
 * output_base and schema, and compression, row_group_size, tags and time_columns under engine.options; asset_name,
 * target_type, connection and file_format say nothing here.
 *
 * NULL, and last_error, when it cannot be. Folders are made as they are needed. */
void *create_writer(const char *config_json);

/* Writes records: [{...}, ...], or {"records": [{...}, ...], "file_counter": 3}, whose number goes into the name below
 * output_base. All of them, or none where one does not fit: {"status":"error",...}, and the writer goes on.
 *
 * Answers the files that are finished: [{"path": "...", "size_bytes": 812, "record_count": 3}]; with path that is [] until
 * close_writer. No records make no file.
 *
 * A missing member and null are no value, and so is empty text in a column that is not text. Members that a given schema
 * does not name are left out; where the first rows decided the columns, they are an error. A number may be text, and a
 * timestamp is any spelling of an instant, UTC where it names no zone, or a number since 1970. */
char *write_batch(void *writer, const char *records_json);

/* Writes all rows of a stream, whose columns are those of the writer: the same names and types in the same order. 0, or an
 * error number (EINVAL). When the stream fails half way the file is given up. */
int write_stream(void *writer, struct ArrowArrayStream *stream);

/* Ends the file of path, and answers it like write_batch; below output_base, answers the files of write_stream. The writer
 * takes nothing more. */
char *close_writer(void *writer);

/* Ends a writer; NULL is none. A file that was not closed is removed. */
void free_writer(void *writer);

/* Ends a text that this library returned as char *; NULL is none. */
void free_string(const char *text);
void tidewell_parquet_free_string(const char *text);

/* The error of this thread's last call, or NULL. */
const char *last_error(void);
const char *tidewell_parquet_last_error(void);

#ifdef __cplusplus
}
#endif

#endif /* TIDEWELL_PARQUET_WRITER_H */

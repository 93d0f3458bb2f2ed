/* Reads CSV files: rows as JSON, or as one Arrow stream without a copy.
 *
 *     void *reader = create_reader("{\"path\": \"rows.csv\", \"time_column\": \"when\", \"timezone\": \"Europe/Berlin\"}");
 *     if (!reader) { fprintf(stderr, "%s\n", last_error()); return 1; }
 *     char *rows;
 *     while ((rows = extract_batch(reader)) != NULL) { use(rows); free_string(rows); }
 *     free_reader(reader);
 *
 * Who owns what
 *   - A reader belongs to the caller until free_reader. It is a number in the shape of a pointer and is never followed:
 *     one that is NULL, freed, another library's or invented is an error, and nothing else happens.
 *   - A text that a function returns as char * belongs to the caller until free_string. It ends with NUL, is UTF-8, and
 *     may be written over in place. free_string looks its address up: freed twice, or another's, is an error and no more.
 *   - The text of last_error belongs to the library, until the next call of the same thread.
 *   - A text that is given to a function stays the caller's, and is copied. It is NULL or ends with NUL: that much the
 *     library has to believe.
 *
 * Threads
 *   Any thread may call any function. Calls with one reader wait for each other, those with different ones do not. A
 *   reader that is freed during a call ends with that call.
 *
 * Errors
 *   No error ends the process. Functions that return a text return {"status":"error","error":"..."}; the others say it by
 *   NULL or a number; last_error has the text in either case, and is NULL after a call that went well.
 *   An error of reading stays: every later call answers it.
 *
 * One program with more than one such library
 *   free_string and last_error are also names in other libraries. A program that links several of them uses the names
 *   that begin with tidewell_csv_; one that loads each by dlopen or ctypes need not care.
 */
#ifndef TIDEWELL_CSV_READER_H
#define TIDEWELL_CSV_READER_H

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

/* A reader for a config, which is a JSON object:
 *
 *   path               the file; or instead of it
 *   files              several, one after the other: ["a.csv", {"path": "b.csv"}]
 *   batch_size         the most rows of a batch                                              10000
 *   batch_bytes_max    a batch ends at the row that brings its bytes in the file to this     67108864
 *   delimiter          one ASCII character, "tab" or "auto"                                  "auto"
 *   quote              one ASCII character or "none"                                         "\""
 *   header             whether the first record names the columns                            found by content
 *   column_names       names of all columns, instead of the header's
 *   skip_lines         lines before the header that are not read                             0
 *   decimal            "auto", "point" or "comma"                                            "auto"
 *   na                 cells without a value, of every type; [] for none but empty cells     NA N/A NaN nan null NULL
 *                                                                                            None - ; not in text
 *   time_columns       the column or columns that make the time: a name, or a list           none: see below
 *   time_format        "auto", "epoch", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns",
 *                      "day_first", "month_first", or a strftime format                      "auto"
 *   timezone           of times that name none: "UTC", "+02:00" or "Europe/Berlin"           "UTC"
 *   local_times        of local times that happen twice: "refuse", "earlier" or "later"      "refuse"
 *   tags               columns that are text with few values: a dictionary in the stream
 *   skip_columns       columns that are left out
 *   types              {"column": "float" | "integer" | "unsigned" | "boolean" | "string"}   found by content
 *   sample_bytes       how much of a file decides its columns                                1048576
 *   rejected_rows_max  more rows of one file that do not fit are an error                    0
 *   rejected_listed_max, record_bytes_max
 *
 * "na_values", "time_column" and "batch_rows_max" are other names for na, time_columns and batch_size. A member that is
 * null counts as not given; an unknown one is an error. The config that Dativo gives is understood: files, and the
 * members above under engine.options; type, connection, credentials, object and incremental say nothing here.
 *
 * Without time_columns each column is what its cells are, under its own name, and dates are text. With them, their place
 * has one column "time": an instant in nanoseconds, UTC.
 *
 * The first file is opened and its columns are looked at. NULL, and last_error, when that fails. */
void *create_reader(const char *config_json);

/* The next rows: a JSON array with an object for each, whose members are in the file's order; what is missing is null, a
 * time is text like "2024-01-31T12:00:00.5Z". NULL behind the last row. {"status":"error",...} for an error. */
char *extract_batch(void *reader);

/* The next rows with what else is known:
 *
 *   {"status":"success", "data":[...], "state":{"file":0,"row":10000}, "done":false,
 *    "rejected":{"count":0, "listed":["line 7, column \"temp\": ..."]}}
 *
 * "data" is empty where "done" is true, and only there. state_json is NULL to go on, or the "state" of an earlier answer,
 * of any reader with the same config: the rows behind it follow. Rows before it are read again, and stepped over.
 * "rejected" counts the rows of the file so far that were left out, which rejected_rows_max allows. */
char *extract_batch_at(void *reader, const char *state_json);

/* All rows as an Arrow stream, in *out, which the caller releases. Its batches share their memory with nobody and are not
 * copied. They have one schema: the sample of the first file decides the types, so that a fraction in a column of whole
 * numbers is a row that does not fit; then give the type, or a larger sample.
 * The rows leave the reader: extract_batch is an error then, and the stream lives on when the reader is freed.
 * 0, or an error number (EINVAL): *out is untouched then. */
int reader_stream(void *reader, struct ArrowArrayStream *out);

/* Ends a reader; NULL is none. */
void free_reader(void *reader);

/* Ends a text that this library returned as char *; NULL is none. */
void free_string(const char *text);
void tidewell_csv_free_string(const char *text);

/* The error of this thread's last call, or NULL. */
const char *last_error(void);
const char *tidewell_csv_last_error(void);

#ifdef __cplusplus
}
#endif

#endif /* TIDEWELL_CSV_READER_H */

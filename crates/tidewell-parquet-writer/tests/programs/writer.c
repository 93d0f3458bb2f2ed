/* Writes files from JSON and from a stream that it makes itself, and hands every function garbage. argv[1] is a folder. */
#include "tidewell_parquet_writer.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK(condition)                                                                        \
  do {                                                                                          \
    if (!(condition)) {                                                                         \
      const char *error = last_error();                                                         \
      fprintf(stderr, "line %d: %s does not hold: %s\n", __LINE__, #condition, error ? error : "no error"); \
      exit(1);                                                                                  \
    }                                                                                           \
  } while (0)

static const char *folder;

static void *open_writer(const char *name) {
  char config[4096];
  snprintf(config, sizeof config, "{\"path\":\"%s/%s\",\"compression\":\"snappy\",\"row_group_size\":100}", folder, name);
  void *writer = create_writer(config);
  CHECK(writer != NULL && last_error() == NULL);
  return writer;
}

static int exists(const char *name) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return access(path, F_OK) == 0;
}

static int answers(char *answer, const char *wanted) {
  int holds = answer != NULL && strstr(answer, wanted) != NULL;
  if (!holds) fprintf(stderr, "no %s in %s\n", wanted, answer ? answer : "NULL");
  free_string(answer);
  return holds;
}

static int is_error(char *answer, const char *wanted) {
  int holds = answer != NULL && strstr(answer, "\"status\":\"error\"") != NULL && last_error() != NULL &&
              strstr(last_error(), wanted) != NULL;
  return answers(answer, wanted) && holds;
}

static void json_rows(const char *name) {
  void *writer = open_writer(name);
  for (int batch = 0; batch < 10; batch++) {
    char records[8192] = "[", *end = records + 1;
    for (int row = 0; row < 25; row++)
      end += sprintf(end, "%s{\"n\": %d, \"s\": \"r%d\", \"f\": %d.5}", row ? ", " : "", batch * 25 + row, row % 3, row);
    strcpy(end, "]");
    CHECK(answers(write_batch(writer, records), "[]"));
  }
  CHECK(!exists(name));
  CHECK(is_error(write_batch(writer, "[{\"n\": 1.5}]"), "is no integer"));
  CHECK(answers(close_writer(writer), "\"record_count\":250}]"));
  CHECK(exists(name));
  CHECK(is_error(write_batch(writer, "[]"), "was closed"));
  free_writer(writer);
}

/* A stream of batches of one column "n" of 64-bit integers. */
struct source { int batches_left, fails, *released; int64_t values[8]; };

static void release_schema(struct ArrowSchema *schema) {
  for (int64_t i = 0; i < schema->n_children; i++) {
    free(schema->children[i]);
  }
  free(schema->children);
  schema->release = NULL;
}

static void release_child_schema(struct ArrowSchema *schema) { schema->release = NULL; }

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
  (void)stream;
  memset(out, 0, sizeof *out);
  out->format = "+s";
  out->name = "";
  out->n_children = 1;
  out->children = malloc(sizeof *out->children);
  out->children[0] = calloc(1, sizeof **out->children);
  out->children[0]->format = "l";
  out->children[0]->name = "n";
  out->children[0]->flags = ARROW_FLAG_NULLABLE;
  out->children[0]->release = release_child_schema;
  out->release = release_schema;
  return 0;
}

static void release_child(struct ArrowArray *array) {
  free((void *)array->buffers[1]);
  free(array->buffers);
  array->release = NULL;
}

static void release_array(struct ArrowArray *array) {
  if (array->children[0]->release) array->children[0]->release(array->children[0]);
  free(array->children[0]);
  free(array->children);
  free(array->buffers);
  array->release = NULL;
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
  struct source *source = stream->private_data;
  memset(out, 0, sizeof *out);
  if (source->batches_left == 0) return source->fails ? 5 : 0;
  source->batches_left--;
  out->length = 8;
  out->n_buffers = 1;
  out->buffers = calloc(1, sizeof *out->buffers);
  out->n_children = 1;
  out->children = malloc(sizeof *out->children);
  struct ArrowArray *child = out->children[0] = calloc(1, sizeof *child);
  child->length = 8;
  child->n_buffers = 2;
  child->buffers = calloc(2, sizeof *child->buffers);
  int64_t *values = malloc(sizeof source->values);
  memcpy(values, source->values, sizeof source->values);
  child->buffers[1] = values;
  child->release = release_child;
  out->release = release_array;
  return 0;
}

static const char *get_last_error(struct ArrowArrayStream *stream) {
  struct source *source = stream->private_data;
  return source->fails == 1 ? "the source ran dry" : NULL;
}

static void release_stream(struct ArrowArrayStream *stream) {
  struct source *source = stream->private_data;
  ++*source->released;
  free(source);
  stream->release = NULL;
}

static struct ArrowArrayStream make_stream(int batches, int fails, int *released) {
  struct source *source = calloc(1, sizeof *source);
  source->batches_left = batches;
  source->fails = fails;
  source->released = released;
  for (int i = 0; i < 8; i++) source->values[i] = i;
  return (struct ArrowArrayStream){get_schema, get_next, get_last_error, release_stream, source};
}

static void arrow_rows(void) {
  int released = 0;
  void *writer = open_writer("stream.parquet");
  for (int round = 0; round < 2; round++) {
    struct ArrowArrayStream stream = make_stream(50, 0, &released);
    CHECK(write_stream(writer, &stream) == 0);
    CHECK(stream.release == NULL && released == round + 1);
  }
  CHECK(answers(close_writer(writer), "\"record_count\":800}]"));
  free_writer(writer);

  /* With and without a text for the error, and one that has no function for it. */
  for (int fails = 1; fails <= 3; fails++) {
    writer = open_writer("failed.parquet");
    released = 0;
    struct ArrowArrayStream stream = make_stream(3, fails, &released);
    if (fails == 3) stream.get_last_error = NULL;
    CHECK(write_stream(writer, &stream) != 0 && last_error() != NULL && released == 1);
    if (fails == 1) CHECK(strstr(last_error(), "ran dry") != NULL);
    CHECK(is_error(close_writer(writer), fails == 1 ? "ran dry" : "error"));
    free_writer(writer);
    CHECK(!exists("failed.parquet"));
  }

  released = 0;
  struct ArrowArrayStream stream = make_stream(1, 0, &released);
  CHECK(write_stream(NULL, &stream) != 0 && strstr(last_error(), "the writer is NULL") != NULL);
  CHECK(released == 1 && stream.release == NULL);
  writer = open_writer("none.parquet");
  CHECK(write_stream(writer, &stream) != 0 && strstr(last_error(), "released") != NULL);
  CHECK(write_stream(writer, NULL) != 0 && strstr(last_error(), "NULL") != NULL);
  stream = make_stream(1, 0, &released);
  stream.get_schema = NULL;
  CHECK(write_stream(writer, &stream) != 0);
  free_writer(writer);
  CHECK(!exists("none.parquet"));
}

static void garbage(void) {
  CHECK(create_writer(NULL) == NULL && strstr(last_error(), "config_json is NULL") != NULL);
  CHECK(create_writer("") == NULL && create_writer("{") == NULL && create_writer("\xff") == NULL);
  CHECK(create_writer("{\"path\":\"x\",\"compression\":\"rar\"}") == NULL && strstr(last_error(), "rar") != NULL);
  int released = 0;
  void *invented[] = {NULL, (void *)1, (void *)-1, &released, (void *)0x5200000000000001};
  for (size_t i = 0; i < sizeof invented / sizeof *invented; i++) {
    CHECK(is_error(write_batch(invented[i], "[]"), "writer"));
    CHECK(is_error(close_writer(invented[i]), "writer"));
    free_writer(invented[i]);
  }
  void *writer = open_writer("garbage.parquet");
  CHECK(is_error(write_batch(writer, NULL), "records_json is NULL"));
  const char *wrong[] = {"", "{", "[1]", "null", "{\"records\": 1}", "[{\"a\": }]", "\xff", "[{}]"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) CHECK(is_error(write_batch(writer, wrong[i]), "e"));
  char *answer = write_batch(writer, "[{\"a\": 1}]");
  CHECK(strcmp(answer, "[]") == 0);
  free_string(answer);
  free_string(answer);
  CHECK(strstr(last_error(), "freed before") != NULL);
  free_string("none of yours");
  free_writer(writer);
  CHECK(!exists("garbage.parquet"));
  CHECK(is_error(write_batch(writer, "[]"), "it was freed"));
  free_writer(writer);
  CHECK(strstr(last_error(), "it was freed") != NULL);
}

static void *own_writer(void *name) {
  json_rows(name);
  return NULL;
}

static void *share_writer(void *writer) {
  for (int round = 0; round < 20; round++) CHECK(answers(write_batch(writer, "[{\"a\": 1}]"), "[]"));
  return NULL;
}

static void threads(void) {
  pthread_t a, b;
  CHECK(pthread_create(&a, NULL, own_writer, "a.parquet") == 0 && pthread_create(&b, NULL, own_writer, "b.parquet") == 0);
  pthread_join(a, NULL);
  pthread_join(b, NULL);
  void *writer = open_writer("shared.parquet");
  CHECK(pthread_create(&a, NULL, share_writer, writer) == 0 && pthread_create(&b, NULL, share_writer, writer) == 0);
  pthread_join(a, NULL);
  pthread_join(b, NULL);
  CHECK(answers(close_writer(writer), "\"record_count\":40}]"));
  free_writer(writer);
}

int main(int count, char **arguments) {
  CHECK(count == 2);
  folder = arguments[1];
  json_rows("rows.parquet");
  arrow_rows();
  garbage();
  threads();
  printf("ok\n");
  return 0;
}

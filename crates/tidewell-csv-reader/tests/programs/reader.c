/* Reads a file as JSON and as a stream, and hands every function garbage. argv[1] is a CSV of 1000 rows. */
#include "tidewell_csv_reader.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                        \
  do {                                                                                          \
    if (!(condition)) {                                                                         \
      const char *error = last_error();                                                         \
      fprintf(stderr, "line %d: %s does not hold: %s\n", __LINE__, #condition, error ? error : "no error"); \
      exit(1);                                                                                  \
    }                                                                                           \
  } while (0)

static char config[4096];

static void *open_reader(void) {
  void *reader = create_reader(config);
  CHECK(reader != NULL);
  CHECK(last_error() == NULL);
  return reader;
}

static int is_error(char *answer, const char *wanted) {
  int holds = answer != NULL && strncmp(answer, "{\"error\":", 9) == 0 && strstr(answer, "\"status\":\"error\"") != NULL &&
              strstr(answer, wanted) != NULL && last_error() != NULL && strstr(last_error(), wanted) != NULL;
  if (!holds) fprintf(stderr, "no error with %s: %s\n", wanted, answer ? answer : "NULL");
  free_string(answer);
  return holds;
}

static int count_objects(const char *json) {
  int count = 0;
  for (; *json; json++) count += *json == '{';
  return count;
}

static int read_all(void *reader) {
  int rows = 0;
  for (char *batch; (batch = extract_batch(reader)) != NULL;) {
    CHECK(batch[0] == '[');
    int count = count_objects(batch);
    CHECK(count > 0 && count <= 64);
    rows += count;
    batch[0] = 'x';
    batch[1] = '\0';
    free_string(batch);
  }
  CHECK(last_error() == NULL);
  return rows;
}

static void json_rows(void) {
  void *reader = open_reader();
  CHECK(read_all(reader) == 1000);
  CHECK(extract_batch(reader) == NULL);
  free_reader(reader);

  reader = open_reader();
  char *answer = extract_batch_at(reader, NULL);
  CHECK(strncmp(answer, "{\"status\":\"success\",\"data\":[{\"time\":\"2024-01-01T00:00:00Z\",\"room\":\"r0\",", 70) == 0);
  CHECK(strstr(answer, "\"state\":{\"file\":0,\"row\":64},\"done\":false,\"rejected\":{\"count\":0,\"listed\":[]}}") != NULL);
  free_string(answer);
  answer = extract_batch_at(reader, "{\"file\":0,\"row\":990}");
  CHECK(count_objects(answer) == 10 + 3);
  free_string(answer);
  answer = extract_batch_at(reader, NULL);
  CHECK(strstr(answer, "\"data\":[],\"state\":{\"file\":1,\"row\":0},\"done\":true") != NULL);
  free_string(answer);
  CHECK(is_error(extract_batch_at(reader, "{\"file\":0,\"row\":5000}"), "row 5000 of a file with 1000 rows"));
  CHECK(is_error(extract_batch_at(reader, "[]"), "the state"));
  CHECK(is_error(extract_batch_at(reader, "\xff"), "UTF-8"));
  free_reader(reader);
}

static int64_t stream_rows(struct ArrowArrayStream *stream) {
  struct ArrowSchema schema;
  CHECK(stream->get_schema(stream, &schema) == 0);
  CHECK(schema.n_children == 4);
  CHECK(strcmp(schema.children[0]->name, "time") == 0 && strcmp(schema.children[0]->format, "tsn:") == 0);
  CHECK(strcmp(schema.children[1]->name, "room") == 0 && schema.children[1]->dictionary != NULL);
  CHECK(strcmp(schema.children[2]->format, "g") == 0 && strcmp(schema.children[3]->format, "l") == 0);
  schema.release(&schema);
  int64_t rows = 0, sum = 0;
  for (;;) {
    struct ArrowArray array;
    CHECK(stream->get_next(stream, &array) == 0);
    if (array.release == NULL) break;
    rows += array.length;
    const int64_t *counts = array.children[3]->buffers[1];
    for (int64_t row = 0; row < array.length; row++) sum += counts[row + array.children[3]->offset];
    array.release(&array);
  }
  CHECK(sum == 999 * 1000 / 2);
  return rows;
}

static void arrow_rows(void) {
  void *reader = open_reader();
  struct ArrowArrayStream stream;
  CHECK(reader_stream(reader, &stream) == 0);
  CHECK(is_error(extract_batch(reader), "went to its stream"));
  CHECK(reader_stream(reader, &stream) != 0);
  free_reader(reader);
  CHECK(stream_rows(&stream) == 1000);
  stream.release(&stream);

  reader = open_reader();
  CHECK(reader_stream(reader, &stream) == 0);
  stream.release(&stream);
  free_reader(reader);

  reader = open_reader();
  free_string(extract_batch(reader));
  memset(&stream, 0, sizeof stream);
  CHECK(reader_stream(reader, &stream) != 0 && stream.release == NULL);
  CHECK(strstr(last_error(), "were extracted") != NULL);
  free_reader(reader);
}

static void garbage(void) {
  CHECK(create_reader(NULL) == NULL && strstr(last_error(), "config_json is NULL") != NULL);
  CHECK(is_error(extract_batch(NULL), "the reader is NULL"));
  CHECK(create_reader("") == NULL && create_reader("{") == NULL && create_reader("[1]") == NULL);
  CHECK(create_reader("\xff\xfe") == NULL && strstr(last_error(), "UTF-8") != NULL);
  CHECK(create_reader("{\"path\":\"/nowhere.csv\"}") == NULL && strstr(last_error(), "/nowhere.csv") != NULL);
  CHECK(create_reader("{\"path\":\"a\\u0000b\"}") == NULL);
  CHECK(create_reader("{\"path\":\"/tmp\"}") == NULL);
  CHECK(create_reader("{\"path\":\"x\",\"delimeter\":\";\"}") == NULL && strstr(last_error(), "delimeter") != NULL);
  struct ArrowArrayStream stream;
  void *invented[] = {NULL, (void *)1, (void *)-1, &stream, (void *)0x5200000000000001, (void *)0x5700000000000001};
  for (size_t i = 0; i < sizeof invented / sizeof *invented; i++) {
    if (i != 4) CHECK(is_error(extract_batch(invented[i]), "reader"));
    if (i != 4) CHECK(reader_stream(invented[i], &stream) != 0 && last_error() != NULL);
    if (i != 4) free_reader(invented[i]);
  }
  void *reader = open_reader();
  CHECK(reader_stream(reader, NULL) != 0 && strstr(last_error(), "out is NULL") != NULL);
  char *batch = extract_batch(reader);
  CHECK(batch[0] == '[');
  free_string(batch);
  free_string(batch);
  CHECK(strstr(last_error(), "freed before") != NULL);
  free_string("none of yours");
  free_string(NULL);
  CHECK(last_error() == NULL);
  free_reader(reader);
  CHECK(last_error() == NULL);
  CHECK(is_error(extract_batch(reader), "it was freed"));
  free_reader(reader);
  CHECK(strstr(last_error(), "it was freed") != NULL);
}

static void *own_reader(void *unused) {
  for (int round = 0; round < 2; round++) json_rows();
  return unused;
}

static void *drain(void *reader) {
  return (void *)(intptr_t)read_all(reader);
}

static void threads(void) {
  pthread_t a, b;
  CHECK(pthread_create(&a, NULL, own_reader, NULL) == 0 && pthread_create(&b, NULL, own_reader, NULL) == 0);
  pthread_join(a, NULL);
  pthread_join(b, NULL);
  void *reader = open_reader(), *rows_a, *rows_b;
  CHECK(pthread_create(&a, NULL, drain, reader) == 0 && pthread_create(&b, NULL, drain, reader) == 0);
  pthread_join(a, &rows_a);
  pthread_join(b, &rows_b);
  CHECK((intptr_t)rows_a + (intptr_t)rows_b == 1000);
  free_reader(reader);
}

int main(int count, char **arguments) {
  CHECK(count == 2);
  snprintf(config, sizeof config,
           "{\"path\":\"%s\",\"batch_size\":64,\"time_column\":\"when\",\"tags\":[\"room\"],\"delimiter\":\";\"}", arguments[1]);
  json_rows();
  arrow_rows();
  garbage();
  threads();
  printf("ok\n");
  return 0;
}

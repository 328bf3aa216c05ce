#include "objects.h"

#include <git2.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "CGit2.h"
#include "library.h"

/* Linked in only where everything is, in the tarball's program; elsewhere these are null. */
#pragma weak git_odb_open
#pragma weak git_odb_free
#pragma weak git_odb_read
#pragma weak git_odb_object_free
#pragma weak git_odb_object_data
#pragma weak git_odb_object_size
#pragma weak git_odb_object_type
#pragma weak git_odb_write
#pragma weak git_odb_open_wstream
#pragma weak git_odb_stream_write
#pragma weak git_odb_stream_finalize_write
#pragma weak git_odb_stream_free

static struct {
  __typeof__(git_odb_open) *open;
  __typeof__(git_odb_free) *free;
  __typeof__(git_odb_read) *read;
  __typeof__(git_odb_object_free) *object_free;
  __typeof__(git_odb_object_data) *data;
  __typeof__(git_odb_object_size) *size;
  __typeof__(git_odb_object_type) *type;
  __typeof__(git_odb_write) *write;
  __typeof__(git_odb_open_wstream) *open_stream;
  __typeof__(git_odb_stream_write) *stream_write;
  __typeof__(git_odb_stream_finalize_write) *stream_end;
  __typeof__(git_odb_stream_free) *stream_free;
} odb;

static int is_loaded;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
  const struct wanted wanted[] = {
      WANTED(odb.open, git_odb_open),
      WANTED(odb.free, git_odb_free),
      WANTED(odb.read, git_odb_read),
      WANTED(odb.object_free, git_odb_object_free),
      WANTED(odb.data, git_odb_object_data),
      WANTED(odb.size, git_odb_object_size),
      WANTED(odb.type, git_odb_object_type),
      WANTED(odb.write, git_odb_write),
      WANTED(odb.open_stream, git_odb_open_wstream),
      WANTED(odb.stream_write, git_odb_stream_write),
      WANTED(odb.stream_end, git_odb_stream_finalize_write),
      WANTED(odb.stream_free, git_odb_stream_free),
  };
  is_loaded = !cl_git_find(wanted, sizeof wanted / sizeof *wanted);
}

void *cl_git_objects_open(const char *directory) {
  if (cl_git_load()) return NULL;
  pthread_once(&once, load);
  git_odb *opened = NULL;
  return is_loaded && odb.open(&opened, directory) == 0 ? opened : NULL;
}

void cl_git_objects_close(void *objects) { odb.free(objects); }

void *cl_git_objects_read(void *objects, const uint8_t id[20], int type, size_t *length) {
  git_oid name;
  git_odb_object *object = NULL;
  memcpy(name.id, id, 20);
  if (odb.read(&object, objects, &name) != 0) return NULL;
  void *bytes = NULL;
  if ((int)odb.type(object) == type) {
    *length = odb.size(object);
    bytes = malloc(*length + 1);
    if (bytes) memcpy(bytes, odb.data(object), *length);
  }
  odb.object_free(object);
  return bytes;
}

void cl_git_objects_free(void *bytes) { free(bytes); }

int cl_git_objects_write(void *objects, const void *bytes, size_t length, int type,
                         uint8_t id[20]) {
  git_oid name;
  if (odb.write(&name, objects, bytes, length, (git_object_t)type) != 0) return -1;
  memcpy(id, name.id, 20);
  return 0;
}

void *cl_git_blob_begin(void *objects, uint64_t length) {
  git_odb_stream *stream = NULL;
  return odb.open_stream(&stream, objects, length, GIT_OBJECT_BLOB) == 0 ? stream : NULL;
}

int cl_git_blob_add(void *blob, const void *bytes, size_t length) {
  return odb.stream_write(blob, bytes, length) == 0 ? 0 : -1;
}

int cl_git_blob_end(void *blob, uint8_t id[20]) {
  git_oid name;
  if (odb.stream_end(&name, blob) != 0) return -1;
  memcpy(id, name.id, 20);
  return 0;
}

void cl_git_blob_close(void *blob) { odb.stream_free(blob); }

/* A git object database: the directory `objects` alone, no repository and no configuration. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* Opens a database; NULL, and cl_git_failure has the words. */
void *cl_git_objects_open(const char *directory);
void cl_git_objects_close(void *objects);

/* Reads an object of the wanted type (1 commit, 2 tree, 3 blob): its bytes, freed by the function
 * below, or NULL. */
void *cl_git_objects_read(void *objects, const uint8_t id[20], int type, size_t *length);
void cl_git_objects_free(void *bytes);

/* Writes an object of a type and names it; 0, or -1. */
int cl_git_objects_write(void *objects, const void *bytes, size_t length, int type,
                         uint8_t id[20]);

/* Writes a blob piece by piece; NULL or -1 where it fails. */
void *cl_git_blob_begin(void *objects, uint64_t length);
int cl_git_blob_add(void *blob, const void *bytes, size_t length);
int cl_git_blob_end(void *blob, uint8_t id[20]);
void cl_git_blob_close(void *blob);

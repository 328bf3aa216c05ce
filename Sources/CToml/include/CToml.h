/* A TOML document as a flat list, parsed by toml++. */
#pragma once
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif

enum cl_toml_kind {
  cl_toml_table,
  cl_toml_array,
  cl_toml_string,
  cl_toml_integer,
  cl_toml_float,
  cl_toml_boolean,
  cl_toml_other
};

/* One value; what a table or an array holds follows it, one level deeper. */
struct cl_toml_node {
  int depth;
  enum cl_toml_kind kind;
  /* Where the key, or the element of an array, begins; from 1. */
  int line, column;
  /* The key in its table; empty in an array and for the document. */
  const char *key;
  size_t key_length;
  /* The value of what is neither a table nor an array. */
  const char *text;
  size_t text_length;
};

struct cl_toml_document {
  const struct cl_toml_node *nodes;
  size_t count;
  /* Why the text is no TOML, or NULL; then line and column say where. */
  const char *failure;
  int line, column;
};

struct cl_toml_document *cl_toml_parse(const char *text, size_t length);
void cl_toml_free(struct cl_toml_document *document);

#ifdef __cplusplus
}
#endif

/* libgit2 on buffers only: it opens no repository. The library is loaded at the first call, so that
 * programs that show no diff don't pay for it. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "objects.h"

/* How two buffers are compared. */
struct cl_git_options {
  uint32_t flags; /* GIT_DIFF_* bits below */
  uint32_t context_lines;
  uint32_t interhunk_lines;
};

enum {
  cl_git_ignore_whitespace = 1 << 0,
  cl_git_ignore_whitespace_change = 1 << 1,
  cl_git_ignore_whitespace_eol = 1 << 2,
  cl_git_ignore_blank_lines = 1 << 3,
  cl_git_patience = 1 << 4,
  cl_git_minimal = 1 << 5,
  cl_git_indent_heuristic = 1 << 6,
  cl_git_force_text = 1 << 7,
};

/* One half of a binary patch: deflated bytes that are the content, or a delta from the other. */
struct cl_git_binary {
  int is_delta;
  const char *data;
  size_t length;
  size_t inflated_length;
};

/* What a comparison calls; a result other than 0 ends it. */
struct cl_git_events {
  int (*hunk)(void *context, const char *header, size_t length);
  int (*line)(void *context, char origin, const char *content, size_t length);
  int (*binary)(void *context, const struct cl_git_binary *forward,
                const struct cl_git_binary *backward);
};

/* Loads the library; NULL, or the words of what failed. */
const char *cl_git_load(void);
/* The words of what failed last. */
const char *cl_git_failure(void);

int cl_git_diff(const void *old_bytes, size_t old_length, const void *new_bytes,
                size_t new_length, const struct cl_git_options *options,
                const struct cl_git_events *events, void *context);

/* How a merge treats what both sides changed. */
enum cl_git_favor { cl_git_conflicts, cl_git_ours, cl_git_theirs, cl_git_union };

struct cl_git_side {
  const void *bytes;
  size_t length;
  const char *label;
};

/* Merges line by line: 1 clean, 0 with markers, -1 failed. The result is freed by the function
 * below. */
int cl_git_merge(const struct cl_git_side *base, const struct cl_git_side *ours,
                 const struct cl_git_side *theirs, enum cl_git_favor favor, char **merged,
                 size_t *length);
void cl_git_free(char *merged);

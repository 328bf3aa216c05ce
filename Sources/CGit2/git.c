#include "CGit2.h"

#include <git2.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "library.h"

/* Linked in only where everything is, in the tarball's program; elsewhere these are null. */
#pragma weak git_libgit2_init
#pragma weak git_error_last
#pragma weak git_diff_options_init
#pragma weak git_diff_buffers
#pragma weak git_merge_file
#pragma weak git_merge_file_options_init
#pragma weak git_merge_file_input_init
#pragma weak git_merge_file_result_free

static struct {
  __typeof__(git_libgit2_init) *init;
  __typeof__(git_error_last) *error_last;
  __typeof__(git_diff_options_init) *diff_options_init;
  __typeof__(git_diff_buffers) *diff_buffers;
  __typeof__(git_merge_file) *merge_file;
  __typeof__(git_merge_file_options_init) *merge_file_options_init;
  __typeof__(git_merge_file_input_init) *merge_file_input_init;
  __typeof__(git_merge_file_result_free) *merge_file_result_free;
} git;

static const char *load_failure = "libgit2 was not loaded";
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
  const struct wanted wanted[] = {
      WANTED(git.init, git_libgit2_init),
      WANTED(git.error_last, git_error_last),
      WANTED(git.diff_options_init, git_diff_options_init),
      WANTED(git.diff_buffers, git_diff_buffers),
      WANTED(git.merge_file, git_merge_file),
      WANTED(git.merge_file_options_init, git_merge_file_options_init),
      WANTED(git.merge_file_input_init, git_merge_file_input_init),
      WANTED(git.merge_file_result_free, git_merge_file_result_free),
  };
  load_failure = cl_git_find(wanted, sizeof wanted / sizeof *wanted);
  if (!load_failure && git.init() < 0) load_failure = "libgit2 could not be initialised";
}

const char *cl_git_load(void) {
  pthread_once(&once, load);
  return load_failure;
}

const char *cl_git_failure(void) {
  if (cl_git_load()) return load_failure;
  const git_error *error = git.error_last();
  return error && error->message ? error->message : "libgit2 failed";
}

struct run {
  const struct cl_git_events *events;
  void *context;
};

static int hunk(const git_diff_delta *delta, const git_diff_hunk *hunk, void *payload) {
  (void)delta;
  struct run *run = payload;
  return run->events->hunk(run->context, hunk->header, hunk->header_len);
}

static int line(const git_diff_delta *delta, const git_diff_hunk *hunk, const git_diff_line *line,
                void *payload) {
  (void)delta, (void)hunk;
  struct run *run = payload;
  return run->events->line(run->context, line->origin, line->content, line->content_len);
}

static struct cl_git_binary half(const git_diff_binary_file *file) {
  return (struct cl_git_binary){.is_delta = file->type == GIT_DIFF_BINARY_DELTA,
                                .data = file->data,
                                .length = file->datalen,
                                .inflated_length = file->inflatedlen};
}

static int binary(const git_diff_delta *delta, const git_diff_binary *binary, void *payload) {
  (void)delta;
  struct run *run = payload;
  struct cl_git_binary forward = half(&binary->new_file), backward = half(&binary->old_file);
  return run->events->binary(run->context, &forward, &backward);
}

static uint32_t diff_flags(uint32_t flags) {
  static const uint32_t meaning[] = {
      GIT_DIFF_IGNORE_WHITESPACE, GIT_DIFF_IGNORE_WHITESPACE_CHANGE,
      GIT_DIFF_IGNORE_WHITESPACE_EOL, GIT_DIFF_IGNORE_BLANK_LINES,
      GIT_DIFF_PATIENCE, GIT_DIFF_MINIMAL, GIT_DIFF_INDENT_HEURISTIC, GIT_DIFF_FORCE_TEXT};
  uint32_t result = GIT_DIFF_SHOW_BINARY;
  for (size_t i = 0; i < sizeof meaning / sizeof *meaning; i++)
    if (flags & 1u << i) result |= meaning[i];
  return result;
}

int cl_git_diff(const void *old_bytes, size_t old_length, const void *new_bytes,
                size_t new_length, const struct cl_git_options *options,
                const struct cl_git_events *events, void *context) {
  if (cl_git_load()) return -1;
  git_diff_options how;
  if (git.diff_options_init(&how, GIT_DIFF_OPTIONS_VERSION) < 0) return -1;
  how.flags = diff_flags(options->flags);
  how.context_lines = options->context_lines;
  how.interhunk_lines = options->interhunk_lines;
  how.max_size = -1;
  struct run run = {.events = events, .context = context};
  /* Without names libgit2 applies no attributes and reads no file. */
  return git.diff_buffers(old_bytes ? old_bytes : "", old_length, NULL,
                          new_bytes ? new_bytes : "", new_length, NULL, &how, NULL, binary, hunk,
                          line, &run);
}

static int input(git_merge_file_input *input, const struct cl_git_side *side) {
  if (git.merge_file_input_init(input, GIT_MERGE_FILE_INPUT_VERSION) < 0) return -1;
  input->ptr = side->bytes ? side->bytes : "";
  input->size = side->length;
  input->mode = GIT_FILEMODE_BLOB;
  return 0;
}

int cl_git_merge(const struct cl_git_side *base, const struct cl_git_side *ours,
                 const struct cl_git_side *theirs, enum cl_git_favor favor, char **merged,
                 size_t *length) {
  static const git_merge_file_favor_t favors[] = {
      GIT_MERGE_FILE_FAVOR_NORMAL, GIT_MERGE_FILE_FAVOR_OURS, GIT_MERGE_FILE_FAVOR_THEIRS,
      GIT_MERGE_FILE_FAVOR_UNION};
  if (cl_git_load()) return -1;
  git_merge_file_input ancestor, mine, other;
  git_merge_file_options how;
  if (input(&ancestor, base) || input(&mine, ours) || input(&other, theirs) ||
      git.merge_file_options_init(&how, GIT_MERGE_FILE_OPTIONS_VERSION) < 0)
    return -1;
  how.ancestor_label = base->label;
  how.our_label = ours->label;
  how.their_label = theirs->label;
  how.favor = favors[favor];
  git_merge_file_result result = {0};
  if (git.merge_file(&result, &ancestor, &mine, &other, &how) < 0) return -1;
  int clean = result.automergeable;
  *length = result.len;
  *merged = malloc(result.len + 1);
  if (*merged) memcpy(*merged, result.ptr, result.len);
  git.merge_file_result_free(&result);
  return *merged ? clean : -1;
}

void cl_git_free(char *merged) { free(merged); }

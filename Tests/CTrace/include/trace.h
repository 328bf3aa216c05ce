/* Runs a program under ptrace, counts the system calls by which it reads or changes files, and lets
 * one of them fail, or kills the program just before it. A filter of seccomp stops it at those calls
 * only, so that a run costs little more than without. */
#pragma once

struct ct_result {
  /* How many calls there were. */
  long count;
  /* The number of the call that was acted on; -1: it never came. */
  int call;
  /* As wait(2) has it. */
  int status;
};

/* Runs `words` in `directory`, with standard output and error in `output`.
 *
 * At the call numbered `at`, counted from 1 (0: at none), `action` happens: a negative number is a
 * signal for the whole process, a positive one an errno with which the call fails undone.
 * 0: done; else errno of what could not be done. */
int ct_run(char *const words[], char *const environment[], const char *directory,
           const char *output, long at, int action, struct ct_result *result);

/* The name of a system call that is counted; NULL for others. */
const char *ct_name(int call);

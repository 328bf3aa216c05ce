#include "CLinux.h"

static __thread void *thread_context;

void cl_set_thread_context(void *context) { thread_context = context; }

void *cl_thread_context(void) { return thread_context; }

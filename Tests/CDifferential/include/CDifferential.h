/* Calls that only the differential tests need. They wrap, they never decide. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Makes the calls that follow on this thread those of another user, for files only. */
void cd_act_as(uid_t user, gid_t group);
/* When an inode was made, in nanoseconds: tells a reused inode number from the old one. */
int64_t cd_birth(int directory, const char *name);
/* Writes through a shared mapping; the range must lie inside the file. */
ssize_t cd_map_write(int fd, int64_t offset, const void *bytes, size_t count);
/* A fingerprint of bytes that goes on from the one before. */
uint64_t cd_hash(uint64_t before, const void *bytes, size_t count);
/* Bytes that a seed stands for, none of them zero. */
void cd_pattern(uint64_t seed, void *bytes, size_t count);
/* Makes the trees that the table of POSIX cases works on, in the present directory. */
void cd_table_populate(void);
/* Makes every call of the table in the present directory and prints what came of each. */
void cd_table_run(void);
/* Whether allocations are counted in this build. */
int cd_counts_allocations(void);
/* Counts the allocations of this process from now on at a place. */
void cd_count_allocations(uint64_t *place);
/* Asks the file system for an open file's status, whatever the kernel has cached. */
int cd_force_status(int fd);
/* Lets the parent stop this process at its system calls; stops it at once. */
int cd_let_trace(void);
/* Lets a stopped process go on to the next border of a system call: 1; it has ended: 0. */
int cd_next_call(pid_t process);

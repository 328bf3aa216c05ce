/* Namespaces, mounts by descriptor, privileges and filters, as the walls need them. */
#pragma once
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/types.h>

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

pid_t cl_split(void);
/* fork(2) with CLONE_NEW* flags; the caller must have one thread. */
pid_t cl_split_into(uint64_t flags);
int cl_pivot_root(const char *new_root, const char *put_old);
int cl_set_mount_attributes(int fd, const char *path, unsigned flags, uint64_t set,
                            uint64_t clear);

/* Each set of capabilities as a bit mask of 64. */
int cl_set_capabilities(uint64_t effective, uint64_t permitted, uint64_t inheritable);
int cl_get_capabilities(uint64_t *effective, uint64_t *permitted);
int cl_drop_from_bounding(int capability);
int cl_raise_ambient(int capability);
int cl_clear_ambient(void);
int cl_no_new_privileges(void);
/* Installs a filter of `count` instructions; answers the listener where flags ask for one. */
int cl_install_filter(const void *instructions, unsigned short count, unsigned flags);

int cl_landlock_version(void);
int cl_landlock_ruleset(uint64_t files, uint64_t network, uint64_t scopes);
int cl_landlock_allow(int ruleset, int directory, uint64_t files);
int cl_landlock_restrict(int ruleset);

/* Calls that only try whether they are let through: 0, or -1 with the error. */
int cl_probe_keyrings(void);
int cl_probe_push_input(void);
int cl_probe_hypervisor_socket(void);
int cl_probe_route(const unsigned char *address, unsigned short port);

int cl_loopback_up(void);
int cl_clone_fuse_device(int device, int mounted);
/* The other end of a pseudo-terminal, unlocked, close-on-exec, not controlling. */
int cl_open_terminal_peer(int master);
int cl_control_terminal(int terminal);
int cl_sealed_memory(const char *name);
/* execvp(3) with that environment; returns only when it failed. */
int cl_execute(char *const *words, char *const *environment);
/* Connected local sockets that keep each message whole. */
int cl_packet_pair(int ends[2]);
/* The next call that a filter reports: number, first argument, cookie to answer with; -1, ENOENT when
 * the caller is gone meanwhile. */
int cl_next_reported_call(int listener, int *number, uint64_t *first, uint64_t *cookie);
/* Lets a reported call go on as if nothing had been. */
int cl_continue_reported_call(int listener, uint64_t cookie);
/* Refuses a reported call with that error. */
int cl_refuse_reported_call(int listener, uint64_t cookie, int error);

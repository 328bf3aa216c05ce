/* What the front and the keeper need: local sockets, terminals, signals as descriptors. */
#pragma once
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <termios.h>

/* A stream socket connected to, or listening at, a path of at most 107 bytes. */
int cl_connect_local(const char *path);
int cl_listen_local(const char *path);
int cl_accept(int listener);
int cl_socketpair(int ends[2]);
/* Sends one datagram to a local socket; a path that begins with '@' is an abstract name. */
int cl_tell_local(const char *path, const void *bytes, size_t count);
/* The user id of the process at the other end, or -1. */
int64_t cl_peer_user(int socket);
/* The process id of the process at the other end, or -1. */
int64_t cl_peer_process(int socket);

int cl_window_size(int terminal, unsigned short *rows, unsigned short *columns);
int cl_set_window_size(int terminal, unsigned short rows, unsigned short columns);

/* A close-on-exec descriptor that becomes readable for each of the blocked signals. */
int cl_signal_descriptor(const sigset_t *signals);
/* The next signal, 0 when there is none. */
int cl_next_signal(int descriptor);

int cl_prctl(int option, unsigned long argument);
char **cl_environment(void);
char **cl_arguments(void);

#include "session.h"

#include <stddef.h>

#include "CLinux.h"

static int local_address(struct sockaddr_un *address, const char *path) {
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  if (strlen(path) >= sizeof address->sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  strcpy(address->sun_path, path);
  return 0;
}

static int close_keeping_errno(int fd) {
  int saved = errno;
  close(fd);
  errno = saved;
  return -1;
}

int cl_connect_local(const char *path) {
  struct sockaddr_un address;
  if (local_address(&address, path) == -1) return -1;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd == -1) return -1;
  if (connect(fd, (struct sockaddr *)&address, sizeof address) == -1)
    return close_keeping_errno(fd);
  return fd;
}

int cl_tell_local(const char *path, const void *bytes, size_t count) {
  struct sockaddr_un address;
  if (local_address(&address, path) == -1) return -1;
  socklen_t size = offsetof(struct sockaddr_un, sun_path) + strlen(path);
  if (address.sun_path[0] == '@') address.sun_path[0] = 0;
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd == -1) return -1;
  if (sendto(fd, bytes, count, MSG_NOSIGNAL, (struct sockaddr *)&address, size) == -1)
    return close_keeping_errno(fd);
  return close(fd);
}

int cl_listen_local(const char *path) {
  struct sockaddr_un address;
  if (local_address(&address, path) == -1) return -1;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd == -1) return -1;
  if (bind(fd, (struct sockaddr *)&address, sizeof address) == -1 || listen(fd, 128) == -1)
    return close_keeping_errno(fd);
  return fd;
}

int cl_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_CLOEXEC); }

int cl_socketpair(int ends[2]) {
  return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
}

static int peer(int socket, struct ucred *who) {
  socklen_t size = sizeof *who;
  return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, who, &size);
}

int64_t cl_peer_user(int socket) {
  struct ucred who;
  return peer(socket, &who) == -1 ? -1 : (int64_t)who.uid;
}

int64_t cl_peer_process(int socket) {
  struct ucred who;
  return peer(socket, &who) == -1 ? -1 : (int64_t)who.pid;
}

int cl_window_size(int terminal, unsigned short *rows, unsigned short *columns) {
  struct winsize size;
  if (ioctl(terminal, TIOCGWINSZ, &size) == -1) return -1;
  *rows = size.ws_row;
  *columns = size.ws_col;
  return 0;
}

int cl_set_window_size(int terminal, unsigned short rows, unsigned short columns) {
  struct winsize size = {.ws_row = rows, .ws_col = columns};
  return ioctl(terminal, TIOCSWINSZ, &size);
}

int cl_signal_descriptor(const sigset_t *signals) {
  return signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

int cl_next_signal(int descriptor) {
  struct signalfd_siginfo information;
  ssize_t count = read(descriptor, &information, sizeof information);
  if (count == (ssize_t)sizeof information) return (int)information.ssi_signo;
  return count == -1 && errno != EAGAIN ? -1 : 0;
}

int cl_prctl(int option, unsigned long argument) { return prctl(option, argument, 0, 0, 0); }

char **cl_environment(void) { return environ; }

// Swift looks for the command line in /proc, and finds none where that isn't mounted. The C library
// hands main's arguments to constructors, too.
static char **words;
__attribute__((constructor)) static void keep_words(int count, char **given) {
  (void)count;
  words = given;
}
char **cl_arguments(void) { return words; }

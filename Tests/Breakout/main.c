#include "breakout.h"

#include <signal.h>
#include <sys/wait.h>

const char *below(const char *variable, const char *name) {
  static char rooms[8][4096];
  static int turn;
  char *room = rooms[turn++ % 8];
  const char *base = getenv(variable);
  snprintf(room, sizeof rooms[0], "%s/%s", base ? base : "/nonexistent", name);
  return room;
}

long number(const char *variable) {
  const char *text = getenv(variable);
  return text ? atol(text) : 0;
}

enum outcome reads_secret(const char *path) {
  char bytes[64] = {0};
  int fd = open(path, O_RDONLY | O_NONBLOCK);
  if (fd == -1) return held;
  ssize_t count = read(fd, bytes, sizeof bytes - 1);
  close(fd);
  return count > 0 && strstr(bytes, "SECRET") ? escaped : held;
}

enum outcome writes_to(int fd) {
  if (fd == -1) return held;
  ssize_t count = write(fd, "BROKEN", 6);
  close(fd);
  return count == 6 ? escaped : held;
}

enum outcome writes(const char *path) { return writes_to(open(path, O_WRONLY | O_NONBLOCK)); }

enum outcome reached(long result) {
  if (result >= 0) return escaped;
  switch (errno) {
    case EPERM: case EACCES: case ENOSYS: case EROFS: case ENOENT: case ESRCH: case EXDEV:
    case EAFNOSUPPORT: case ENODEV: case ENXIO: case ENOTDIR: return held;
    default: return escaped;
  }
}

enum outcome in_child(enum outcome (*run)(void)) {
  pid_t child = fork();
  if (child == 0) {
    alarm(5);
    _exit(run());
  }
  int status;
  if (child == -1 || waitpid(child, &status, 0) == -1) return held;
  return WIFEXITED(status) && WEXITSTATUS(status) == escaped ? escaped : held;
}

static const struct attempt *const lists[] = {file_attempts,    mount_attempts,  secret_attempts,
                                              process_attempts, kernel_attempts, network_attempts};

int main(int count, char **words) {
  int escapes = 0, tried = 0;
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
    for (const struct attempt *attempt = lists[i]; attempt->name; attempt++) {
      if (count > 1 && strcmp(words[1], "list") == 0) {
        puts(attempt->name);
        continue;
      }
      int wanted = count == 1;
      for (int word = 1; word < count; word++) wanted |= strcmp(words[word], attempt->name) == 0;
      if (!wanted) continue;
      tried++;
      enum outcome outcome = in_child(attempt->run);
      escapes += outcome == escaped;
      printf("%s %s\n", outcome == escaped ? "ESCAPED" : "held", attempt->name);
      fflush(stdout);
    }
  if (tried == 0 && !(count > 1 && strcmp(words[1], "list") == 0)) return 2;
  return escapes ? 1 : 0;
}

#include "CLinux.h"
#include "internet.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/time.h>

static void take(struct cl_internet_address *into, const struct addrinfo *from,
                 unsigned short port) {
  into->port = port;
  if (from->ai_family == AF_INET) {
    into->version = 4;
    memcpy(into->bytes, &((struct sockaddr_in *)from->ai_addr)->sin_addr, 4);
  } else {
    into->version = 6;
    memcpy(into->bytes, &((struct sockaddr_in6 *)from->ai_addr)->sin6_addr, 16);
  }
}

int cl_resolve(const char *name, unsigned short port, struct cl_internet_address *room,
               size_t *count) {
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  struct addrinfo *found;
  size_t most = *count;
  *count = 0;
  int failure = getaddrinfo(name, NULL, &hints, &found);
  if (failure) return failure;
  for (struct addrinfo *next = found; next && *count < most; next = next->ai_next)
    if (next->ai_family == AF_INET || next->ai_family == AF_INET6)
      take(&room[(*count)++], next, port);
  freeaddrinfo(found);
  return 0;
}

int cl_connect_internet(const struct cl_internet_address *address, int seconds) {
  struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(address->port)};
  struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(address->port)};
  memcpy(&four.sin_addr, address->bytes, 4);
  memcpy(&six.sin6_addr, address->bytes, 16);
  int is_four = address->version == 4;
  int fd = socket(is_four ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd == -1) return -1;
  struct timeval patience = {.tv_sec = seconds};
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  int result = is_four ? connect(fd, (struct sockaddr *)&four, sizeof four)
                       : connect(fd, (struct sockaddr *)&six, sizeof six);
  if (result == 0) return fd;
  int saved = errno;
  close(fd);
  errno = saved;
  return -1;
}

int cl_listen_loopback(unsigned short port) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons(port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd == -1) return -1;
  if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 128) == 0)
    return fd;
  int saved = errno;
  close(fd);
  errno = saved;
  return -1;
}

int cl_resolver_socket(unsigned short port) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons(port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd == -1) return -1;
  if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
  int saved = errno;
  close(fd);
  errno = saved;
  return -1;
}

long cl_receive_datagram(int socket, void *bytes, size_t length, unsigned char sender[16]) {
  struct sockaddr_in address = {0};
  socklen_t size = sizeof address;
  long count = recvfrom(socket, bytes, length, 0, (struct sockaddr *)&address, &size);
  memcpy(sender, &address, 16);
  return count;
}

long cl_send_datagram(int socket, const void *bytes, size_t length, const unsigned char to[16]) {
  struct sockaddr_in address;
  memcpy(&address, to, 16);
  return sendto(socket, bytes, length, 0, (struct sockaddr *)&address, sizeof address);
}

int cl_stream_socket(void) { return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); }

int cl_connect_loopback(int socket, unsigned short port) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons(port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  return connect(socket, (struct sockaddr *)&address, sizeof address);
}

int cl_local_port(int socket) {
  struct sockaddr_in address = {0};
  socklen_t size = sizeof address;
  if (getsockname(socket, (struct sockaddr *)&address, &size) == -1) return -1;
  return ntohs(address.sin_port);
}

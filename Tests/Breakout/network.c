/* Reaching anything by a socket. The test listens at each address on the host. */
#include "breakout.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#ifndef AF_VSOCK
#define AF_VSOCK 40
#endif

static enum outcome connects(int fd, const void *address, socklen_t length) {
  if (fd == -1) return held;
  int result = connect(fd, address, length);
  close(fd);
  return result == 0 ? escaped : held;
}

static enum outcome loopback(void) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)number("BREAKOUT_PORT")),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  return connects(socket(AF_INET, SOCK_STREAM, 0), &address, sizeof address);
}

static enum outcome loopback6(void) {
  struct sockaddr_in6 address = {.sin6_family = AF_INET6,
                                 .sin6_port = htons((uint16_t)number("BREAKOUT_PORT6")),
                                 .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  return connects(socket(AF_INET6, SOCK_STREAM, 0), &address, sizeof address);
}

static enum outcome routed(const char *where) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(53)};
  inet_pton(AF_INET, where, &address.sin_addr);
  /* A datagram socket connects wherever there is a route, without sending anything. */
  return connects(socket(AF_INET, SOCK_DGRAM, 0), &address, sizeof address);
}

static enum outcome route_out(void) { return routed("192.0.2.1"); }
static enum outcome metadata_service(void) { return routed("169.254.169.254"); }

static enum outcome route_out6(void) {
  struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(53)};
  inet_pton(AF_INET6, "fe80::1", &address.sin6_addr);
  address.sin6_scope_id = 2;
  return connects(socket(AF_INET6, SOCK_DGRAM, 0), &address, sizeof address);
}

static enum outcome path_socket_at(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (!path || strlen(path) >= sizeof address.sun_path) return held;
  strcpy(address.sun_path, path);
  return connects(socket(AF_UNIX, SOCK_STREAM, 0), &address, sizeof address);
}

static enum outcome path_socket(void) { return path_socket_at(getenv("BREAKOUT_SOCKET")); }

static enum outcome path_socket_in_project(void) {
  return path_socket_at(getenv("BREAKOUT_SOCKET_TMP"));
}

static enum outcome abstract_socket(void) {
  const char *name = getenv("BREAKOUT_ABSTRACT");
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (!name) return held;
  strncpy(address.sun_path + 1, name, sizeof address.sun_path - 2);
  socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
  return connects(socket(AF_UNIX, SOCK_STREAM, 0), &address, length);
}

static enum outcome opens(int family, int type, int protocol) {
  int fd = socket(family, type, protocol);
  if (fd == -1) return held;
  close(fd);
  return escaped;
}

static enum outcome packet(void) { return opens(AF_PACKET, SOCK_RAW, 0); }
static enum outcome raw(void) { return opens(AF_INET, SOCK_RAW, IPPROTO_ICMP); }
static enum outcome raw6(void) { return opens(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6); }
static enum outcome vsock(void) { return opens(AF_VSOCK, SOCK_STREAM, 0); }
static enum outcome crypto(void) { return opens(38, SOCK_SEQPACKET, 0); }
static enum outcome key(void) { return opens(15, SOCK_RAW, 2); }
static enum outcome xdp(void) { return opens(44, SOCK_RAW, 0); }

static enum outcome family_high_bits(void) {
  long fd = syscall(SYS_socket, AF_VSOCK | 1UL << 32, SOCK_STREAM, 0);
  return fd == -1 ? held : escaped;
}

static enum outcome change_link(void) {
  int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  if (fd == -1) return held;
  /* Asks for loopback to stay as it is, which takes CAP_NET_ADMIN all the same. */
  struct {
    struct nlmsghdr header;
    struct ifinfomsg link;
  } request = {
      .header = {sizeof request, RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, 1, 0},
      .link = {.ifi_index = 1, .ifi_flags = IFF_UP, .ifi_change = IFF_UP},
  };
  struct {
    struct nlmsghdr header;
    struct nlmsgerr error;
    char rest[512];
  } answer;
  if (send(fd, &request, sizeof request, 0) == -1 || recv(fd, &answer, sizeof answer, 0) <= 0)
    return held;
  return answer.header.nlmsg_type == NLMSG_ERROR && answer.error.error != 0 ? held : escaped;
}

static enum outcome other_interfaces(void) {
  struct if_nameindex *names = if_nameindex();
  for (struct if_nameindex *name = names; name && name->if_index; name++)
    if (strcmp(name->if_name, "lo") != 0) return escaped;
  return held;
}

/* Asks the proxy of the box, where there is one; escaped when it says yes. */
static enum outcome ask_proxy(const void *request, size_t length, const char *yes, size_t yes_length) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons(3128),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct timeval patience = {.tv_sec = 5};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (fd == -1 || connect(fd, (struct sockaddr *)&address, sizeof address) == -1) return held;
  char answer[64] = {0};
  size_t have = 0;
  if (write(fd, request, length) != (ssize_t)length) return held;
  while (have < yes_length) {
    ssize_t count = read(fd, answer + have, sizeof answer - have);
    if (count <= 0) break;
    have += (size_t)count;
  }
  close(fd);
  return have >= yes_length && memcmp(answer, yes, yes_length) == 0 ? escaped : held;
}

static enum outcome tunnel(const char *to) {
  char request[512];
  snprintf(request, sizeof request, "CONNECT %s HTTP/1.1\r\nHost: example.org:443\r\n\r\n", to);
  return ask_proxy(request, strlen(request), "HTTP/1.1 200", 12);
}

static enum outcome proxy_literal(void) {
  char to[64];
  snprintf(to, sizeof to, "127.0.0.1:%ld", number("BREAKOUT_PORT"));
  return tunnel(to);
}

static enum outcome proxy_other_spellings(void) {
  const char *hosts[] = {"localhost", "127.1",     "0177.0.0.1",         "2130706433",   "0x7f.1",
                         "0.0.0.0",   "localhost.", "[::1]",             "[::ffff:127.0.0.1]",
                         "::1",       "example.org@127.0.0.1", "127.0.0.1%00.example.org"};
  for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
    char to[128];
    snprintf(to, sizeof to, "%s:%ld", hosts[i], number("BREAKOUT_PORT"));
    if (tunnel(to) == escaped) return escaped;
  }
  return held;
}

static enum outcome proxy_other_port(void) { return tunnel("example.org:22"); }
static enum outcome proxy_metadata(void) { return tunnel("169.254.169.254:80"); }

static enum outcome proxy_smuggled(void) {
  /* Two heads in one: which of them does it believe? */
  char request[512];
  snprintf(request, sizeof request,
           "GET http://127.0.0.1:%ld/ HTTP/1.1\r\nHost: example.org\r\n\r\n",
           number("BREAKOUT_PORT"));
  return ask_proxy(request, strlen(request), "HTTP/1.1 200", 12);
}

static enum outcome proxy_by_socks(void) {
  uint16_t port = htons((uint16_t)number("BREAKOUT_PORT"));
  char request[13] = {5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1};
  memcpy(request + 11, &port, 2);
  return ask_proxy(request, sizeof request, "\5\0\5\0", 4);
}

static enum outcome proxy_by_socks6(void) {
  uint16_t port = htons((uint16_t)number("BREAKOUT_PORT6"));
  char request[25] = {5, 1, 0, 5, 1, 0, 4};
  request[22] = 1;
  memcpy(request + 23, &port, 2);
  return ask_proxy(request, sizeof request, "\5\0\5\0", 4);
}

static enum outcome proxy_by_socks_name(void) {
  /* An address in the clothes of a name. */
  uint16_t port = htons((uint16_t)number("BREAKOUT_PORT"));
  char request[19] = {5, 1, 0, 5, 1, 0, 3, 9, '1', '2', '7', '.', '0', '.', '0', '.', '1'};
  memcpy(request + 17, &port, 2);
  return ask_proxy(request, sizeof request, "\5\0\5\0", 4);
}

const struct attempt network_attempts[] = {
    {"proxy-literal", proxy_literal},
    {"proxy-other-spellings", proxy_other_spellings},
    {"proxy-other-port", proxy_other_port},
    {"proxy-metadata", proxy_metadata},
    {"proxy-smuggled", proxy_smuggled},
    {"proxy-by-socks", proxy_by_socks},
    {"proxy-by-socks6", proxy_by_socks6},
    {"proxy-by-socks-name", proxy_by_socks_name},
    {"connect-loopback", loopback},
    {"connect-loopback6", loopback6},
    {"route-out", route_out},
    {"route-out6", route_out6},
    {"metadata-service", metadata_service},
    {"path-socket", path_socket},
    {"path-socket-in-tmp", path_socket_in_project},
    {"abstract-socket", abstract_socket},
    {"packet-socket", packet},
    {"raw-socket", raw},
    {"raw-socket6", raw6},
    {"vsock", vsock},
    {"crypto-socket", crypto},
    {"key-socket", key},
    {"xdp-socket", xdp},
    {"socket-family-high-bits", family_high_bits},
    {"change-link", change_link},
    {"see-interfaces", other_interfaces},
    {NULL, NULL},
};

/* Names, addresses and connections of the internet, for the proxy of a box. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct cl_internet_address {
  /* 4 or 6 */
  int version;
  unsigned short port;
  /* In network order; of version 4 the first four. */
  unsigned char bytes[16];
};

/* Fills the room and sets *count to how many there are; answers 0, or EAI_* of getaddrinfo(3). */
int cl_resolve(const char *name, unsigned short port, struct cl_internet_address *room,
               size_t *count);
/* A stream socket connected within so many seconds. */
int cl_connect_internet(const struct cl_internet_address *address, int seconds);
int cl_listen_loopback(unsigned short port);
/* The port that a socket of the internet is bound to. */
int cl_local_port(int socket);
/* A datagram socket at a port of this network namespace's loopback, non-blocking. */
int cl_resolver_socket(unsigned short port);
/* One datagram and who sent it; the room for the sender is a sockaddr_in. */
long cl_receive_datagram(int socket, void *bytes, size_t length, unsigned char sender[16]);
long cl_send_datagram(int socket, const void *bytes, size_t length, const unsigned char to[16]);
/* A stream socket of this network namespace, not connected. */
int cl_stream_socket(void);
/* Connects such a socket to a port of its namespace's loopback. */
int cl_connect_loopback(int socket, unsigned short port);

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

/* What Swift's Glibc module leaves out. */
#include <malloc.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

/* O_PATH of open(2), which glibc declares for _GNU_SOURCE only. */
static const int clinux_open_path = 010000000;

/* Declared by glibc for _GNU_SOURCE only: accept(2) that sets the new descriptor's flags as well. */
extern int accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);

/* What Swift's Glibc module leaves out. */
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

/* O_PATH of open(2), which glibc declares for _GNU_SOURCE only. */
static const int clinux_open_path = 010000000;

/* Declared by glibc for _GNU_SOURCE only: accept(2) that sets the new descriptor's flags as well. */
extern int accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);

/* Declared by asm/socket.h and sys/socket.h, in part for _GNU_SOURCE only. */
static const int clinux_so_meminfo = 55;
static const int clinux_scm_credentials = 2;

/* struct mmsghdr, which glibc declares for _GNU_SOURCE only; and recvmmsg(2), which takes it. */
struct clinux_message {
    struct msghdr header;
    unsigned int length;
};
extern int recvmmsg(int descriptor, struct clinux_message *messages, unsigned int count, int flags, struct timespec *timeout);

/* Declared by glibc for _GNU_SOURCE only: poll(2) with a time in nanoseconds. */
extern int ppoll(struct pollfd *descriptors, nfds_t count, const struct timespec *timeout, const sigset_t *mask);

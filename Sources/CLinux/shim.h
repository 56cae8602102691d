/* What Swift's Glibc module leaves out.
 *
 * Nothing of sys/socket.h or poll.h is included: what they declare would then belong to two modules, and it would depend
 * on the order of loading in which of both Swift finds it. */
#include <malloc.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>

/* O_PATH of open(2), which glibc declares for _GNU_SOURCE only. */
static const int clinux_open_path = 010000000;

/* Of asm/socket.h and sys/socket.h, the latter for _GNU_SOURCE only. */
static const int clinux_so_meminfo = 55;
static const int clinux_scm_credentials = 2;

/* struct cmsghdr, and with what UDP_SEGMENT says. */
struct clinux_control_head {
    size_t length;
    int level;
    int kind;
};
struct clinux_segment_control {
    struct clinux_control_head head;
    unsigned short bytes;
};

/* Of linux/udp.h: what is sent is divided, what has come is joined. */
static const int clinux_udp_segment = 103;
static const int clinux_udp_gro = 104;

/* struct msghdr and struct mmsghdr, the latter declared for _GNU_SOURCE only. */
struct clinux_message_header {
    void *name;
    unsigned int name_length;
    void *parts;
    size_t parts_count;
    void *control;
    size_t control_length;
    int flags;
};
struct clinux_message {
    struct clinux_message_header header;
    unsigned int length;
};

/* Declared by glibc for _GNU_SOURCE only: accept(2) that sets the new descriptor's flags as well, recvmmsg(2), sendmmsg(2),
 * and poll(2) with a time in nanoseconds. */
extern int accept4(int descriptor, void *address, unsigned int *length, int flags);
extern int recvmmsg(int descriptor, struct clinux_message *messages, unsigned int count, int flags, void *timeout);
extern int sendmmsg(int descriptor, struct clinux_message *messages, unsigned int count, int flags);
extern int ppoll(void *descriptors, unsigned long count, const void *timeout, const void *mask);

/* prlimit(2), which glibc declares with types of its own. */
extern int prlimit(int process, int kind, const void *limit, void *former);

/* openat2(2), of which glibc knows the number alone, with its rules for paths of linux/openat2.h. */
struct clinux_open_how {
    unsigned long long flags;
    unsigned long long mode;
    unsigned long long resolve;
};
static const unsigned long long clinux_resolve_no_magic_links = 0x02;
static const unsigned long long clinux_resolve_no_links = 0x04;
static const unsigned long long clinux_resolve_beneath = 0x08;
extern long syscall(long number, ...);
static inline int clinux_openat2(int folder, const char *path, unsigned long long flags, unsigned long long resolve) {
    struct clinux_open_how how = {flags, 0, resolve};
    return (int)syscall(SYS_openat2, folder, path, &how, sizeof(how));
}

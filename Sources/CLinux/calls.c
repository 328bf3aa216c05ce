#include "CLinux.h"

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

int cl_openat(int dirfd, const char *path, int flags, mode_t mode) {
  return openat(dirfd, path, flags, mode);
}

int cl_openat2(int dirfd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
  struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
  return (int)syscall(SYS_openat2, dirfd, path, &how, sizeof how);
}

int cl_fcntl(int fd, int command, long argument) { return fcntl(fd, command, argument); }

int cl_ficlone(int destination, int source) { return ioctl(destination, FICLONE, source); }

int cl_ficlonerange(int destination, int source, uint64_t from, uint64_t length, uint64_t to) {
  struct file_clone_range range = {
      .src_fd = source, .src_offset = from, .src_length = length, .dest_offset = to};
  return ioctl(destination, FICLONERANGE, &range);
}

int cl_spread_subdirectories(int directory) {
  int flags = 0;
  if (ioctl(directory, FS_IOC_GETFLAGS, &flags) == -1) return -1;
  if (flags & FS_TOPDIR_FL) return 0;
  flags |= FS_TOPDIR_FL;
  return ioctl(directory, FS_IOC_SETFLAGS, &flags);
}

ssize_t cl_getdents64(int fd, void *buffer, size_t length) {
  return syscall(SYS_getdents64, fd, buffer, length);
}

int cl_close_range(unsigned first, unsigned last, unsigned flags) {
  return (int)syscall(SYS_close_range, first, last, flags);
}

int cl_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int cl_pidfd_send_signal(int pidfd, int signal) {
  return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

enum { most_descriptors = 8 };
union control {
  struct cmsghdr header;
  char room[CMSG_SPACE(most_descriptors * sizeof(int))];
};

ssize_t cl_send_descriptors(int socket, const void *bytes, size_t length, const int *descriptors,
                            size_t count) {
  if (count > most_descriptors) {
    errno = EINVAL;
    return -1;
  }
  struct iovec data = {.iov_base = (void *)bytes, .iov_len = length};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
  union control control = {0};
  if (count > 0) {
    message.msg_control = &control;
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(header), descriptors, count * sizeof(int));
  }
  return sendmsg(socket, &message, MSG_NOSIGNAL);
}

ssize_t cl_receive_descriptors(int socket, void *bytes, size_t length, int *descriptors,
                               size_t *count) {
  struct iovec data = {.iov_base = bytes, .iov_len = length};
  union control control = {0};
  struct msghdr message = {.msg_iov = &data,
                           .msg_iovlen = 1,
                           .msg_control = &control,
                           .msg_controllen = sizeof control};
  size_t room = *count;
  *count = 0;
  ssize_t received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  if (received < 0) return received;
  for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    size_t sent = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < sent; i++) {
      int descriptor;
      memcpy(&descriptor, CMSG_DATA(header) + i * sizeof(int), sizeof descriptor);
      if (*count < room)
        descriptors[(*count)++] = descriptor;
      else
        close(descriptor);
    }
  }
  return received;
}

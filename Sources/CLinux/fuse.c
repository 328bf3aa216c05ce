#include "CLinux.h"

#include <linux/fuse.h>
#include <sys/ioctl.h>

int cl_fuse_clone(int device, int mounted) {
  uint32_t source = (uint32_t)mounted;
  return ioctl(device, FUSE_DEV_IOC_CLONE, &source);
}

#include "table.h"

void table_content(void) {
  int f = open("file", O_RDWR);
  char b[20000];
  memset(b, 'Z', sizeof b);
  TRY(pread(f, b, 100, 4990));
  TRY(pread(f, b, 10, 5000));
  TRY(pread(f, b, 10, 1L << 40));
  TRY(pread(f, b, 10, -1));
  TRY(pwrite(f, b, 10, -1));
  TRY(lseek(f, 0, SEEK_END));
  TRY(lseek(f, -1, SEEK_SET));
  TRY(lseek(f, 1L << 40, SEEK_SET));
  TRY(lseek(f, 10, 99));
  TRY(lseek(f, -100, SEEK_END));
  TRY(read(f, b, 1000));
  TRY(read(f, b, 1000));
  TRY(ftruncate(f, -1));
  TRY(ftruncate(f, 10));
  TRY(ftruncate(f, 9000));
  table_sum("file");
  TRY(pwrite(f, b, 5, 20000));
  table_sum("file");
  TRY(lseek(f, 0, SEEK_END));
  close(f);
  f = open("file", O_RDONLY);
  TRY(write(f, b, 1));
  TRY(ftruncate(f, 1));
  TRY(fallocate(f, 0, 0, 1));
  close(f);
  f = open("file", O_WRONLY);
  TRY(read(f, b, 1));
  close(f);
  f = open("dir", O_RDONLY);
  TRY(read(f, b, 1));
  TRY(pread(f, b, 1, 0));
  TRY(ftruncate(f, 0));
  TRY(fsync(f));
  TRY(fdatasync(f));
  TRY(lseek(f, 0, SEEK_END) >= 0);
  close(f);
  f = open("fifo", O_RDWR);
  TRY(lseek(f, 0, SEEK_SET));
  TRY(ftruncate(f, 0));
  TRY(fsync(f));
  TRY(fallocate(f, 0, 0, 1));
  close(f);
  f = open("file", O_PATH);
  TRY(read(f, b, 1));
  TRY(fsync(f));
  TRY(ftruncate(f, 1));
  close(f);
  TRY(truncate("file", 100));
  table_show("file");
  TRY(truncate("dir", 0));
  TRY(truncate("fifo", 0));
  TRY(truncate("link", 50));
  table_show("file");
  TRY(truncate("nowhere", 0));
  TRY(truncate("file/x", 0));
  TRY(truncate("file", -1));
  TRY(truncate("suid", 5));
  table_show("suid");
  TRY(truncate("loop", 5));
  TRY(truncate("sock", 0));
  TRY(truncate("big", 1L << 62));
  TRY(truncate("big", LONG_MAX));
  TRY(truncate("big", LONG_MAX - 4096));
  f = open("full/f", O_RDWR | O_APPEND);
  TRY(write(f, "abc", 3));
  TRY(pwrite(f, "def", 3, 0));
  TRY(lseek(f, 0, SEEK_CUR));
  table_sum("full/f");
  close(f);
}

void table_space(void) {
  char b[20000];
  memset(b, 'Z', sizeof b);
  int   f = open("big", O_RDWR);
  TRY(pread(f, b, 4096, 4090));
  TRY(lseek(f, 0, SEEK_DATA));
  TRY(lseek(f, 0, SEEK_HOLE));
  TRY(lseek(f, 2 << 20, SEEK_DATA));
  TRY(lseek(f, 10 << 20, SEEK_DATA));
  TRY(lseek(f, 10 << 20, SEEK_HOLE));
  TRY(lseek(f, -1, SEEK_DATA));
  TRY(pwrite(f, b, 10, 2000000));
  TRY(pwrite(f, b, 20000, (3 << 20) - 100));
  table_sum("big");
  TRY(fallocate(f, 3, 1, 3 << 20));
  table_sum("big");
  TRY(fallocate(f, FALLOC_FL_ZERO_RANGE, 5 << 20, 1000));
  table_sum("big");
  TRY(fallocate(f, FALLOC_FL_ZERO_RANGE | 1, 6 << 20, 1000));
  table_show("big");
  TRY(fallocate(f, 1, 6 << 20, 1000));
  table_show("big");
  TRY(fallocate(f, 0, 6 << 20, 1000));
  table_show("big");
  TRY(fallocate(f, 2, 0, 100));
  TRY(fallocate(f, 3, 0, 0));
  TRY(fallocate(f, 0, -1, 1));
  TRY(fallocate(f, 0, 0, 1L << 62));
  TRY(fallocate(f, FALLOC_FL_UNSHARE_RANGE, 0, 100));
  TRY(posix_fallocate(f, 0, 100));
  TRY(posix_fadvise(f, 0, 0, POSIX_FADV_DONTNEED));
  TRY(readahead(f, 0, 4096));
  TRY(sync_file_range(f, 0, 0, 7));
  TRY(ftruncate(f, 1 << 20));
  table_sum("big");
  TRY(ftruncate(f, 6 << 20));
  table_sum("big");
  close(f);
}

void table_copying(void) {
  char b[20000];
  memset(b, 'Z', sizeof b);
  int f;
  int g = open("cp", O_CREAT | O_RDWR, 0644);
  f = open("big", O_RDONLY);
  off_t o = 4000, p = 100;
  TRY(copy_file_range(f, &o, g, &p, 9000, 0));
  printf("%ld %ld\n", (long)o, (long)p);
  TRY(copy_file_range(f, NULL, g, NULL, 5000, 0));
  TRY(copy_file_range(f, NULL, f, NULL, 10, 0));
  TRY(copy_file_range(g, NULL, f, NULL, 10, 0));
  o = 0;
  p = 50;
  TRY(copy_file_range(g, &o, g, &p, 100, 0));
  p = 20000;
  TRY(copy_file_range(g, &o, g, &p, 100, 0));
  TRY(copy_file_range(f, NULL, g, NULL, 10, 1));
  o = 1L << 30;
  TRY(copy_file_range(f, &o, g, NULL, 10, 0));
  table_sum("cp");
  o = 0;
  TRY(sendfile(g, f, &o, 3000));
  TRY(ioctl(g, FICLONE, f));
  struct iovec v[2] = {{b, 10}, {b + 20, 30}};
  TRY(pwritev(g, v, 2, 7));
  TRY(preadv(g, v, 2, 7));
  TRY(preadv2(g, v, 2, 7, RWF_NOWAIT) == 40 || errno == EAGAIN || errno == EOPNOTSUPP);
  TRY(pwritev2(g, v, 2, 7, RWF_DSYNC));
  TRY(pwritev2(g, v, 2, -1, RWF_APPEND));
  table_sum("cp");
  TRY(fsync(g));
  TRY(fdatasync(g));
  TRY(syncfs(g));
  close(f);
  close(g);
}

void table_mapping(void) {
  char bytes[6];
  int fd = open("file", O_RDWR);
  char *shared = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  TRY(shared == MAP_FAILED);
  memcpy(shared + 4000, "mapped", 6);
  TRY(pread(fd, bytes, 6, 4000));
  TRY(memcmp(bytes, "mapped", 6));
  TRY(pwrite(fd, "written", 7, 100));
  TRY(memcmp(shared + 100, "written", 7));
  TRY(ftruncate(fd, 4500));
  TRY(shared[4600]);
  TRY(msync(shared, 8192, MS_SYNC));
  munmap(shared, 8192);
  table_sum("file");
  char *private = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  private[0] = 'P';
  munmap(private, 4096);
  TRY(close(fd));
  table_sum("file");
  fd = open("file", O_RDONLY);
  TRY(mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED ? -1 : 0);
  close(fd);
  void *aligned = NULL;
  TRY(posix_memalign(&aligned, 4096, 8192));
  memset(aligned, 'D', 8192);
  fd = open("direct", O_CREAT | O_RDWR | O_DIRECT, 0644);
  TRY(pwrite(fd, aligned, 8192, 4096));
  TRY(pread(fd, aligned, 4096, 0));
  TRY(pread(fd, aligned, 8192, 8192));
  close(fd);
  free(aligned);
  table_sum("direct");
}

static void show_blocks(const char *path) {
  struct stat status;
  if (lstat(path, &status) == 0) {
    printf("blocks of %s: %ld of %ld\n", path, (long)status.st_blocks, (long)status.st_blksize);
  }
}

static void change(const char *path, off_t size, off_t at, int isPunched) {
  int fd = open(path, O_CREAT | O_RDWR, 0600);
  if (size >= 0) TRY(ftruncate(fd, size));
  if (isPunched) {
    TRY(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, at));
  } else if (at >= 0) {
    TRY(pwrite(fd, "x", 1, at));
  }
  /* Blocks that are still to be allocated count differently from one file system to the next. */
  TRY(fsync(fd));
  TRY(close(fd));
  show_blocks(path);
}

void table_blocks(void) {
  show_blocks("file");
  show_blocks("big");
  show_blocks("empty");
  show_blocks("dir");
  show_blocks("link");
  change("sparse", 100 << 20, -1, 0);
  change("sparse", -1, 50 << 20, 0);
  change("small", -1, 0, 0);
  table_put("large", 0600, 1 << 20);
  change("large", -1, 1 << 19, 1);
  change("large", 700000, -1, 0);
  change("file", -1, 0, 0);
  change("big", -1, 0, 0);
}

import CLinux
import Glibc
import Harness
import Linux

// Other people's torture, which takes minutes: for `make fuzz`.
extension Scenario {
  /// What is too slow for each run of the tests.
  package static let long: [Scenario] = [
    program(
      "stress-ng's file system class runs without a failure",
      """
      mkdir stress; cd stress; set +e
      for one in access chattr chdir chmod chown copy-file dentry dir dirdeep dup \
        fallocate fcntl fiemap file-ioctl filename flock fpunch fsize getdent hdd \
        inode-flags iomix lease link locka lockf lockofd mknod open procfs rename revio \
        seek sendfile symlink sync-file touch utime verity xattr; do
        stress-ng --$one 2 --timeout 3 --verify --temp-path . > out 2>&1; status=$?
        # 3: no resources, 4: not implemented here; both are no failure of the file system.
        case $status in 0|3|4) ;; *) echo "$one: $status"; tail -5 out; bad=1 ;; esac
      done
      exit ${bad:-0}
      """),
    program(
      "fio reads back what it wrote, in every order and through mappings",
      """
      for engine in psync mmap; do for mode in write randwrite; do
        fio --name=v --ioengine=$engine --rw=$mode --bs=4k-64k --size=48m --verify=crc32c \
          --do_verify=1 --verify_fatal=1 --fsync=200 --output=/dev/null
        rm v.*; done; done
      """),
    program(
      "a directory of 200,000 entries is filled, listed, walked and emptied",
      """
      python3 - <<'END'
      import os
      os.mkdir('wide')
      for i in range(200000): os.close(os.open('wide/f%d' % i, os.O_CREAT | os.O_WRONLY))
      assert len(set(os.listdir('wide'))) == 200000
      for i in range(0, 200000, 3): os.unlink('wide/f%d' % i)
      seen = [e.name for e in os.scandir('wide')]
      assert len(seen) == len(set(seen)) == 133333, len(seen)
      END
      rm -r wide; test "$(ls | wc -l)" = 0
      """),
    // A lookup that is answered before an edit may reach the kernel behind the word of that edit.
    Scenario("however fast the host edits, the last edit shows") {
      try python(editing, at: $0, milliseconds: 540_000)
    },
    program(
      "dbench's clients find every file as they left it",
      "dbench -D . -t 15 -c /usr/share/dbench/client.txt 3 | tail -2"),
  ]

  private static let editing = """
    import os, random, sys, time
    low, view = (path + '/f' for path in sys.argv[1:])
    file = os.open(low, os.O_CREAT | os.O_WRONLY)
    looking = os.fork()
    while looking == 0:
      try: os.stat(view)
      except OSError: pass
      if os.getppid() == 1: os._exit(0)
    size = 0
    try:
      for round in range(8000):
        for edit in range(6):
          size = (size + 1) % 1000
          os.ftruncate(file, size)
          until = time.perf_counter() + random.random() * 0.00008
          while time.perf_counter() < until: pass
        end = time.time() + 1
        while os.stat(view).st_size != size:
          if time.time() > end: sys.exit('edit %d does not show' % round)
          time.sleep(0.0005)
    finally: os.kill(looking, 9)
    """

  private static func program(_ name: String, _ script: String) -> Scenario {
    Scenario(name) { place in
      try Workspace.enterNamespace()
      let view = try View(place)
      var command = Command(
        ["sh", "-euc", script], in: place.view.printable,
        environment: ["PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8"])
      command.milliseconds = 540_000
      let ended = try command.run()
      try view.quit()
      return ended.status == 0 ? nil : "(\(ended.status)) \(ended.text)\(ended.complaint)"
    }
  }
}

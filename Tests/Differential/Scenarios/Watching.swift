import CLinux
import Glibc
import Harness
import Linux

// What a program inside hears by inotify(7), as cowbox(1) tells it.
extension Scenario {
  static let watching: [Scenario] = [
    Scenario("a program's own inotify hears all that is done inside, and nothing of the host") {
      try python(watcher, at: $0)
    }
  ]

  /// Watches in the view, and has other processes work there and on the host.
  private static let watcher = """
    import ctypes, os, select, shutil, struct, sys, time
    low, view = sys.argv[1:]
    C = ctypes.CDLL(None)
    L = lambda path: os.path.join(low, path)
    V = lambda path: os.path.join(view, path)
    names = {2: 'MODIFY', 4: 'ATTRIB', 8: 'CLOSE', 64: 'FROM', 128: 'TO', 256: 'CREATE',
             512: 'DELETE', 1024: 'DELETE_SELF', 2048: 'MOVE_SELF'}
    def write(path, text='x', mode='a'):
      with open(path, mode) as file: file.write(text)
    def watch(path):
      fd = C.inotify_init1(0o4000)
      assert C.inotify_add_watch(fd, path.encode(), sum(names)) >= 0
      return fd
    def heard(fd, wait=0.3):
      found = []
      while select.select([fd], [], [], wait)[0]:
        bytes, at = os.read(fd, 65536), 0
        while at < len(bytes):
          _, mask, _, size = struct.unpack_from('iIII', bytes, at)
          name = bytes[at + 16:at + 16 + size].rstrip(b'\\0').decode()
          at += 16 + size
          if mask & sum(names): found.append(names[mask & sum(names)] + (name and ' ' + name))
        wait = 0.05
      return found
    def expect(what, fd, *events):
      found = heard(fd)
      if found != list(events): sys.exit('%s: heard %s' % (what, found))
    def another(act, *words):
      child = os.fork()
      if child == 0:
        act(*words)
        os._exit(0)
      assert os.waitpid(child, 0)[1] == 0
    os.makedirs(L('d')); write(L('d/a')); write(L('d/b')); write(L('f')); write(L('g'))
    time.sleep(1.2)
    d, f, g = watch(V('d')), watch(V('f')), watch(V('g'))
    another(write, V('d/n')); expect('making', d, 'CREATE n', 'MODIFY n', 'CLOSE n')
    another(write, V('d/a')); expect('a first write', d, 'MODIFY a', 'CLOSE a')
    another(os.rename, V('d/a'), V('d/c')); expect('renaming', d, 'FROM a', 'TO c')
    another(os.rename, V('d/c'), V('c')); expect('moving', d, 'FROM c')
    another(os.chmod, V('d/b'), 0o600); expect('chmod', d, 'ATTRIB b')
    another(os.unlink, V('d/b')); expect('removing', d, 'DELETE b')
    another(write, V('f')); expect('a file of its own', f, 'MODIFY', 'CLOSE')
    write(L('d/host')); time.sleep(0.6); assert 'host' in os.listdir(V('d'))
    write(L('d/host')); time.sleep(0.6); assert os.stat(V('d/host')).st_size == 2
    expect('the host', d)
    write(L('g'), 'longer'); time.sleep(0.6); assert os.stat(V('g')).st_size == 7
    another(write, V('g')); expect('a file that the host has changed', g)
    another(write, V('d/after')); expect('its directory', d, 'CREATE after', 'MODIFY after', 'CLOSE after')
    another(os.rename, V('d'), V('d9')); expect('itself', d, 'MOVE_SELF')
    another(write, V('d9/n')); expect('elsewhere', d, 'MODIFY n', 'CLOSE n')
    another(shutil.rmtree, V('d9')); assert heard(d)[-1] == 'DELETE_SELF'
    """
}

// Real programs, which know more ways to ask a file system than we do.
extension Scenario {
  /// Shell words that set u, v and g to ids that the user namespace knows: an ordinary user's has
  /// only the user's own.
  private static let mappedIDs =
    "u=7; v=9; g=7; [ $(id -u) = 0 ] || { u=$(id -u); v=$u; g=$(id -g); }"

  static let programs: [Scenario] = [
    Scenario(
      "git works, and after a remount sees nothing changed that is not",
      scripts: """
        git init -q -b main work; cd work
        for d in 1 2 3 4 5; do mkdir d$d; for f in 1 2 3 4 5 6 7 8; do
          seq $d $((d * f * 10)) > d$d/f$f; done; done
        git add -A; git commit -qm one; git status --porcelain; git fsck --strict 2>&1
        """,
      """
      cd work; git status --porcelain; git diff-files --name-only
      git mv d1 moved; echo x >> d2/f3; rm -r d3; git status --porcelain
      git stash -q; git status --porcelain; git stash pop -q; git commit -qam two
      git checkout -q HEAD~; git checkout -q main; git gc -q; git repack -adq; git fsck 2>&1
      git log --oneline --stat; echo same > d2/f1; git update-index --refresh || true
      echo diff > d2/f1; git diff --stat
      """,
      """
      cd work; git status --porcelain; git diff-files --name-only; git fsck 2>&1
      git worktree add -q ../tree HEAD; git -C ../tree status --porcelain; git clone -q . ../clone
      git -C ../clone log --oneline
      """,
      comparesTrees: false),
    Scenario(
      "a quick edit of the same size is seen by git (racy timestamps)",
      scripts: """
        git init -q work; cd work; git config core.trustctime true
        for i in 1 2 3 4 5 6 7 8 9 10; do
          echo "a$i" > file; git add file; git diff --quiet; echo "b$i" > file
          git diff --quiet && echo "missed $i"; git update-index --refresh || true; done
        """, comparesTrees: false),
    Scenario(
      "SQLite in WAL mode serves two processes at once",
      scripts: """
        sqlite3 t.db "PRAGMA journal_mode=WAL; CREATE TABLE t(k INTEGER PRIMARY KEY, v TEXT);"
        work() { for i in $(seq 1 40); do
          echo "PRAGMA busy_timeout=20000; INSERT INTO t(v) VALUES('$1-$i');"; done |
          sqlite3 t.db > $1.out; }
        work a & first=$!; work b & second=$!; wait $first; wait $second
        sqlite3 t.db "PRAGMA integrity_check; SELECT count(*), count(DISTINCT v) FROM t;"
        rm *.out
        """,
      """
      sqlite3 t.db "PRAGMA integrity_check; SELECT count(*) FROM t; VACUUM;
        PRAGMA journal_mode=DELETE; DELETE FROM t WHERE k < 40; SELECT count(*) FROM t;"
      sqlite3 t.db "PRAGMA mmap_size=10000000; SELECT count(*) FROM t; PRAGMA integrity_check"
      """,
      comparesTrees: false),
    Scenario(
      "tar and cp -a bring back what they took, and see no file change meanwhile",
      scripts: """
        mkdir copy back; tar -cf all.tar --sort=name --exclude=socket --exclude=all.tar \
          --exclude=copy --exclude=back . 2>&1
        tar -C back -xpf all.tar; rm all.tar; cp -a d many h1 h2 s fifo x copy/
        find back copy | LC_ALL=C sort | wc -l; diff -r --no-dereference d copy/d
        """,
      "diff -r --no-dereference d copy/d; diff -r --no-dereference d back/d; find . | wc -l"),
    Scenario(
      "find and du go through every directory",
      scripts: """
        find . -type f | LC_ALL=C sort; find . -samefile h1 | LC_ALL=C sort
        mv d/e empty/; find . -type d | LC_ALL=C sort; ls -U many | wc -l; rm -r many
        find . | wc -l
        """),
    Scenario(
      "make builds what it must and no more, and the program runs at once",
      scripts: """
        mkdir src; cd src
        for i in 1 2 3 4 5; do echo "int f$i(void) { return $i; }" > f$i.c; done
        { for i in 1 2 3 4 5; do echo "int f$i(void);"; done
          echo "int main(void) { return f1()+f2()+f3()+f4()+f5()-15; }"; } > main.c
        printf 'prog: main.o f1.o f2.o f3.o f4.o f5.o\\n\\tcc -o $@ $^\\n%%.o: %%.c\\n' > Makefile
        printf '\\tcc -O0 -c -o $@ $<\\n' >> Makefile
        make -s -j2; ./prog; make -q && echo done
        for i in 1 2 3 4 5 6 7 8 9 10; do cp prog p$i; ./p$i; done; echo ran
        """,
      """
      cd src; make -q && echo nothing to do; touch f3.c; make -n | grep -c f3.c; make -s -j2; ./prog
      """,
      comparesTrees: false),
    Scenario(
      "links between a store of packages and a project hold (pnpm)",
      scripts: """
        mkdir -p store project/node_modules/.pnpm; cd store
        for i in 1 2 3 4 5; do echo "module $i" > m$i; done; cd ..
        for i in 1 2 3 4 5; do ln store/m$i project/node_modules/.pnpm/m$i
          ln -s .pnpm/m$i project/node_modules/m$i; done
        cat project/node_modules/m*; stat -c '%h' store/m1; mv project moved
        [ store/m3 -ef moved/node_modules/.pnpm/m3 ] && echo same
        ln h2 moved/h; [ h1 -ef moved/h ] && stat -c %h moved/h
        """,
      "stat -c '%h' store/m1 h1 d/h3 moved/h; cat moved/node_modules/m5; rm -r store"),
    Scenario(
      "a path as long as PATH_MAX is made, walked and removed",
      scripts: """
        name=$(printf 'n%.0s' $(seq 1 200)); i=0
        while [ $i -lt 30 ]; do mkdir $name; cd -P $name; i=$((i+1)); done
        echo deep > file; cat file; ln file other; stat -c %h file
        """,
      "find . -name other | wc -c; find . -type d -name 'nnn*' | wc -l",
      "rm -r nnn*; ls | wc -l"),
    Scenario(
      "locks, sendfile, direct and positioned I/O, and limits of names are the kernel's own",
      scripts: """
        python3 - <<'END'
        import errno, fcntl, mmap, os, struct
        f = open('a', 'r+b')
        fcntl.lockf(f, fcntl.LOCK_EX, 10, 5)
        child = os.fork()
        if child == 0:
          g = open('a', 'r+b')
          for what, arguments in [('range', (10, 5)), ('beside', (5, 20))]:
            try: fcntl.lockf(g, fcntl.LOCK_EX | fcntl.LOCK_NB, *arguments); print(what, 'got', flush=True)
            except OSError as e: print(what, errno.errorcode[e.errno], flush=True)
          os._exit(0)
        os.waitpid(child, 0)
        fcntl.flock(f, fcntl.LOCK_EX); g = open('a', 'rb')
        try: fcntl.flock(g, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError as e: print('flock', errno.errorcode[e.errno])
        out = open('sent', 'w+b'); print(os.sendfile(out.fileno(), f.fileno(), 3, 4000))
        print(os.pwritev(out.fileno(), [b'one', b'two'], 5000), os.preadv(out.fileno(), [bytearray(9)], 4998))
        m = mmap.mmap(out.fileno(), 0); m[0:3] = b'map'; m.flush(); m.close(); print(os.pread(out.fileno(), 6, 0)[:3])
        print(os.statvfs('.').f_namemax, os.pathconf('.', 'PC_NAME_MAX'), os.pathconf('.', 'PC_LINK_MAX') > 1)
        for i in range(3000): open('many/x%d' % i, 'w').write(str(i))
        names = os.listdir('many'); print(len(names), len(set(names)))
        for i in range(0, 3000, 2): os.rename('many/x%d' % i, 'd/y%d' % i)
        print(len(os.listdir('many')), len(os.listdir('d')), sum(e.stat().st_size for e in os.scandir('d') if e.is_file()))
        r = os.open('big', os.O_RDWR | os.O_APPEND); os.write(r, b'end'); print(os.lseek(r, 0, os.SEEK_CUR))
        try: os.open('d', os.O_RDWR)
        except OSError as e: print(errno.errorcode[e.errno])
        END
        """,
      "ls many | wc -l; ls d | wc -l; tail -c 3 big; head -c 3 sent"),
    Scenario(
      "access lists are set, inherited, masked and given away as on ext4",
      scripts: """
        \(mappedIDs)
        setfacl -m u:$u:rwx,g:$g:r a; getfacl -cn a; ls -l a | cut -c1-11; chmod 640 a; getfacl -cn a
        setfacl -d -m u:$u:rw,m::rwx d; getfacl -cn d; umask 027; echo x > d/made; mkdir d/sub
        getfacl -cn d/made d/sub; cp -a d copied; getfacl -cn copied copied/made
        setfacl -b a; getfacl -cn a; ls -l a | cut -c1-11; setfacl -k d; echo y > d/other
        getfacl -cn d d/other; setfacl -m u:$v:r h1; getfacl -cn d/h3; mv d/made .; getfacl -cn made
        """,
      "\(mappedIDs); getfacl -cn a d d/sub copied copied/made h2 made; setfacl -x u:$v h2; getfacl -cn h1"
    ),
    Scenario(
      "rsync -aHAX --checksum finds no difference",
      scripts: """
        mkdir target; rsync -aHAX d many h1 h2 s x target/
        rsync -aHAX --checksum --itemize-changes d many h1 h2 s x target/
        """,
      "rsync -aHAX --checksum --itemize-changes --delete d many h1 h2 s x target/"),
  ]
}

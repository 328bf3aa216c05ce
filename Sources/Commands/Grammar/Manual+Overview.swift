// The page of the manual on cowbox as a whole.
extension Manual {
  /// The page cowbox(1): what does not come from the table of commands stands here.
  static func overview() -> String {
    opening + commands() + view + closing + pages()
  }

  /// The commands by groups, as the table has them.
  private static func commands() -> String {
    var text = ".Sh COMMANDS\n"
    for group in Verb.Group.allCases {
      let verbs = Verbs.all.filter { $0.group == group }
      if verbs.isEmpty { continue }
      text += ".Ss \(group.rawValue)\n.Bl -tag -width Ds\n"
      for verb in verbs {
        let operands = escaped(verb.operands.spelling)
        text += ".It Cm \(verb.name)" + (operands.isEmpty ? "" : " Ar \(operands)")
        text += "\n\(escaped(sentence(verb.summary)))\n"
      }
      text += ".El\n"
    }
    return text
  }

  private static let view = """
    .Sh THE VIEW
    What a command sees of the project behaves like ext4, with hard links, locks,
    mappings, holes, extended attributes and access control lists.
    In this it differs:
    .Bl -bullet
    .It
    What others change in the project meanwhile shows within a second, where the
    session has not changed the same file; what they write through a mapping, when
    they close the file.
    .It
    A program's own
    .Xr inotify 7
    hears of all that is done inside, by whatever process, also in directories
    that were renamed.
    It hears nothing of what others change in the project, nor
    of an undo: a program that waits for those must look again, as with
    .Ql \\-\\-poll
    where it has such an option.
    A watch of a single file that others have changed
    hears nothing any more; one of its directory does.
    .It
    A disk that is full, and a limit of the session, are told by
    .Xr fsync 2
    or
    .Xr close 2
    where the kernel has taken the bytes before.
    .It
    There are no device nodes, no times of birth, no attributes of
    .Xr chattr 1 ,
    no maps of extents (FIEMAP), and
    .Xr fallocate 2
    collapses and inserts no ranges.
    .El

    """

  /// Where to read on: every command's page, then those on formats and on the whole.
  private static func pages() -> String {
    let others = [
      ("cowbox-profile", 5), ("cowbox-session", 5), ("cowbox-agents", 7), ("cowbox-internals", 7),
      ("cowbox-json", 7), ("cowbox-protocol", 7), ("cowbox-security", 7),
    ]
    let all = Verbs.all.map { ("cowbox-\($0.name)", 1) }.sorted { $0.0 < $1.0 } + others
    let lines = all.map { ".Xr \($0.0) \($0.1)" }
    return ".Sh SEE ALSO\n" + lines.joined(separator: " ,\n") + "\n"
  }

  private static let opening = """
    .\\" Made from the table of commands: 'make manual' writes it anew.
    .Dd November 26, 2026
    .Dt COWBOX 1
    .Os
    .Sh NAME
    .Nm cowbox
    .Nd run any command on a project without risk
    .Sh SYNOPSIS
    .Nm
    .Ar command
    .Op Ar option ...
    .Op Ar argument ...
    .Sh DESCRIPTION
    .Nm
    runs a command on a project, but what the command changes lands in a
    .Em session ,
    outside the project.
    The session can be looked at, taken back step by step, applied to the project
    or thrown away.
    The command is confined: it writes nowhere else, reads no secrets, and has no
    network unless allowed.
    .Bd -literal -offset indent
    cowbox run -- npm test
    cowbox diff
    cowbox apply
    .Ed
    .Pp
    The project is the nearest directory upwards that holds
    .Pa .git
    or
    .Pa .cowbox.toml ,
    else the current one.
    .Cm run
    goes on in the project's session, the one that was used last, and begins one
    where there is none.
    A session that ends with no change leaves nothing behind.
    .Pp
    Each command has a page of its own, as
    .Xr cowbox-run 1 ,
    and
    .Ql cowbox help Ar command
    says the same in short.

    """

  private static let closing = """
    .Sh ENVIRONMENT
    .Bl -tag -width COWBOX_STATE
    .It Ev COWBOX_STATE
    Where sessions are kept; an absolute path.
    Without it,
    .Pa cowbox
    in
    .Ev XDG_STATE_HOME
    or
    .Pa ~/.local/state .
    It may lie in a project, where nothing is seen of it and no apply touches it; a
    project can't lie in it.
    .It Ev NO_COLOR
    No colours, also on a terminal.
    .It Ev VISUAL , EDITOR , PAGER
    The programs that show and edit text, of the user's own environment only.
    .El
    .Sh FILES
    .Bl -tag -width indent
    .It Pa ~/.local/state/cowbox/sessions/
    The sessions, see
    .Xr cowbox-session 5 .
    .It Pa ~/.config/cowbox/config.toml
    The user's settings, and beside it profiles of the user's own, see
    .Xr cowbox-profile 5 .
    .It Pa .cowbox.toml
    What a project wishes; it may only tighten until
    .Ql cowbox trust
    has accepted it.
    .El
    .Sh EXIT STATUS
    .Bl -tag -width 128+N -compact
    .It 0
    Done.
    .It 1
    Failed; of
    .Cm diff Fl \\-exit\\-code ,
    there are changes.
    .It 2
    The command line is wrong.
    .It 3
    The project has changed in the same places as the session.
    .It 4
    Unapplied work stands in the way.
    .It 5
    A risk wants consent.
    .It 6
    A wall that was asked for can't be put up.
    .El
    .Pp
    .Cm run ,
    .Cm exec
    and
    .Cm shell
    end with the command's own status: 125 says that
    .Nm
    itself failed, 126 that the command is not executable, 127 that it was not
    found, 128+N that signal N ended it.

    """
}

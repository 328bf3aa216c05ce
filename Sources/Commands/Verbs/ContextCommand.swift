import Agents
import Linux
import Profiles
import Sessions

/// `cowbox mcp`: a session for a coding agent, over the Model Context Protocol.
enum ContextCommand {
  static let verb = Verb(
    "mcp", .work, "serve a session to an agent: the Model Context Protocol",
    options: [Option("new", "begin another session, whatever there is")] + WallOptions.all,
    details: """
      The agent's host starts it and speaks to it on standard input and output. Its tools run commands,
      read and change files, search, show what changed, and go back and forth in time; every call that
      changes something is a step of the session. The project stays as it is: 'cowbox diff' and
      'cowbox apply' are yours. 'mcp.apply = true' in your own settings lets agents apply and discard.
      cowbox-agents(7) shows how to set up the common agents.

          cowbox mcp --profile agent
          cowbox mcp --profile agent --allow-net registry.npmjs.org
          cowbox config set mcp.apply true
      """
  ) { invocation in
    let project = try invocation.project()
    let walls = try WallOptions.walls(for: invocation, project: project)
    let opening = invocation.opening(of: project, behind: walls)
    let first = try RunCommand.choice(for: invocation)
    let library = ProfileLibrary(
      userDirectory: ProfileLibrary.userDirectory(home: invocation.home))
    let server = ContextServer(version: Program.version, mayApply: try library.agentsMayApply()) {
      previous in
      guard let previous else { return try opening.open(first) }
      do { return try opening.open(.named(previous.text)) } catch let error as SessionError
        where error.kind == .gone || error.kind == .usage
      {
        // It was discarded, or had no change and went with its keeper: the next one begins.
        return try opening.open(.new)
      }
    }
    try server.serve()
    return ExitCode.done
  }
}

import Apply
import Linux
import Sessions
import Store

/// `cowbox revert`: takes an apply back, all or nothing.
enum RevertCommand {
  static let verb = Verb(
    "revert", .review, "take back the last apply, or the one with a number",
    operands: .any("[NUMBER]"), options: [Copy.option, Review.option],
    details: """
      The project becomes what it was before that apply; the session has the changes again. Nothing
      is written where the project has changed meanwhile in the same places: the exit status is 3.
      """, act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    let session = try invocation.session()
    let number = try invocation.operands.first.map { word in
      guard let number = word.string.flatMap(Int.init), invocation.operands.count == 1 else {
        throw Failure.usage("'\(word.printable)' is no number of an apply")
      }
      return number
    }
    let landing = try Landing(
      session, root: invocation.arguments.text("root"), to: Copy.path(invocation))
    let application = landing.application
    let watch = try Watch(application, invocation)
    defer { watch.end() }
    let made = try application.revert(number)
    watch.end()
    for refusal in application.refusals { invocation.say(refusal) }
    let place = application.elsewhere ?? application.root.path
    let again = "cowbox revert" + (application.elsewhere == nil ? "" : " --to DIR") + " \(made)"
    invocation.say(
      "took the apply back; '\(place.printable)' is as it was before ('\(again)' brings it again)")
    return ExitCode.done
  }
}

import Harness
import Linux
import Testing

/// undo, redo, snapshots and branches with the built program.
@Suite struct TimeTests {
  private func value(_ place: Playground, _ session: [String] = []) throws -> String {
    var command = place.cowbox("-q", "run")
    command.words += session + ["--", "cat", "a"]
    return try command.run().text
  }

  private func started() throws -> Playground {
    let place = try Playground()
    for number in 1...3 {
      let ended = try place.cowbox("run", "--", "sh", "-c", "echo \(number) > a").run()
      #expect(ended.status == 0)
    }
    return place
  }

  @Test func `undo goes back change by change, redo forth, and nothing is lost`() throws {
    let place = try started()
    #expect(try place.cowbox("undo").run().status == 0)
    #expect(try value(place) == "2\n")
    #expect(try place.cowbox("undo").run().status == 0)
    #expect(try value(place) == "1\n")
    #expect(try place.cowbox("redo", "2").run().status == 0)
    #expect(try value(place) == "3\n")
    #expect(try place.cowbox("undo", "2").run().status == 0)
    #expect(try value(place) == "1\n")
    let nothing = try place.cowbox("undo", "1").run()
    #expect(nothing.status == 0)
    #expect(try place.cowbox("diff").run().text == "")
    #expect(try place.cowbox("undo").run().complaint.contains("nothing to undo"))
  }

  @Test func `a snapshot is a name that any later state can go back to`() throws {
    let place = try started()
    #expect(try place.cowbox("snapshot", "three").run().status == 0)
    #expect(try place.cowbox("snapshot", "three").run().status == 2)
    #expect(try place.cowbox("run", "--", "sh", "-c", "echo 4 > a").run().status == 0)
    #expect(try place.cowbox("restore", "three").run().status == 0)
    #expect(try value(place) == "3\n")
    #expect(try place.cowbox("snapshots").run().text.contains("three"))
    #expect(try place.cowbox("restore", "nope").run().status == 2)
  }

  @Test func `undo works under a command that runs`() throws {
    let place = try started()
    let script = "cat a; echo ready; while [ ! -e stop ]; do sleep 0.02; done; cat a"
    let running = try place.cowbox("run", "--", "sh", "-c", script).start()
    #expect(try running.waitFor("ready"))
    let undone = try place.cowbox("undo").run()
    #expect(undone.status == 0, "\(undone.complaint)")
    #expect(try place.cowbox("exec", "--", "touch", "stop").run().status == 0)
    #expect(try running.finish().text == "2\n")
  }

  @Test func `a branch begins where its session was, and goes its own way`() throws {
    let place = try started()
    #expect(try place.cowbox("branch", "side", "--from", "3").run().status == 0)
    #expect(try value(place, ["--session", "side"]) == "2\n")
    let ended = try place.cowbox("run", "-s", "side", "--", "sh", "-c", "echo side > a").run()
    #expect(ended.status == 0)
    let names = try place.cowbox("list", "--json").run().text
    #expect(names.contains("\"side\""))
    let main = try #require(
      names.split(separator: "\"").first { $0.hasPrefix("project-") }.map(String.init))
    #expect(try value(place, ["--session", main]) == "3\n")
    #expect(try place.cowbox("branch", "side").run().status == 2)
  }
}

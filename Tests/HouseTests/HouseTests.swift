import Testing

/// The house of cowbox-internals(7), checked against the sources.
@Suite struct HouseTests {
  /// What each room may import besides Linux and the C targets it needs.
  static let table: [String: Set<String>] = [
    "Linux": [], "Messages": [], "Profiles": [], "Store": [], "Through": [],
    "Overlay": ["Store", "Through"],
    "Confinement": ["Profiles"],
    "Sandbox": ["Confinement", "Profiles"], "Changes": ["Store"], "Apply": ["Changes", "Store"],
    "Archives": ["Changes", "Store"],
    "Sessions": ["Messages", "Sandbox", "Overlay", "Through", "Store", "Profiles"],
    "Agents": ["Sessions"], "CowboxKit": ["Messages"],
    "Commands": ["Agents", "Sessions", "Apply", "Archives", "Changes", "Store", "Profiles"],
    "cowbox": ["Commands"],
  ]

  /// The system libraries, each in the one room that holds its key.
  static let keys: [String: Set<String>] = [
    "CFuse": ["Overlay"], "CSQLite": ["Store"], "CSeccomp": ["Confinement"],
    "CCap": ["Confinement"], "CGit2": ["Archives", "Changes"], "CToml": ["Profiles"],
    "CZlib": ["Archives"],
  ]

  /// Rooms that may use FoundationEssentials, for JSON and dates where nothing is hot.
  static let essentials: Set<String> = ["Profiles", "Changes", "Sessions", "Commands"]

  @Test func `every room imports only what its line in the table allows`() throws {
    for file in try SourceFile.all() {
      guard let allowed = Self.table[file.room] else { continue }
      for module in file.imports where Self.table[module] != nil && module != "Linux" {
        #expect(allowed.contains(module), "\(file) imports \(module)")
      }
    }
  }

  @Test func `every system library's key hangs in one room`() throws {
    for file in try SourceFile.all() where Self.table[file.room] != nil {
      for module in file.imports {
        if let rooms = Self.keys[module] {
          #expect(rooms.contains(file.room), "\(file) imports \(module)")
        }
      }
    }
  }

  @Test func `no room uses Foundation, Dispatch or a concurrency runtime`() throws {
    for file in try SourceFile.all() where Self.table[file.room] != nil {
      #expect(!file.path.hasSuffix("/main.swift"), "\(file) runs on the main actor")
      for module in file.imports {
        #expect(!["Foundation", "Dispatch", "_Concurrency"].contains(module), "\(file)")
        if module == "FoundationEssentials" {
          #expect(Self.essentials.contains(file.room), "\(file)")
        }
      }
      for (index, line) in file.lines.enumerated() where !line.contains("//") {
        // CowboxKit is no part of the program: it is for programs that have threads.
        #expect(file.room == "CowboxKit" || !line.contains(" async "), "\(file):\(index + 1)")
        #expect(!line.contains("try! "), "\(file):\(index + 1)")
      }
    }
  }

  @Test func `the program does not depend on the directory it was built in`() throws {
    for file in try SourceFile.all() where Self.table[file.room] != nil {
      for (index, line) in file.lines.enumerated() {
        // These put the source's path into the program, or how long it is.
        for word in ["withoutActuallyEscaping", "#filePath", "#file"] {
          #expect(!line.contains(word), "\(file):\(index + 1) has \(word)")
        }
      }
    }
  }

  @Test func `a file is a thought: at most 400 lines`() throws {
    for file in try SourceFile.all() { #expect(file.lines.count <= 401, "\(file)") }
    for file in try SourceFile.all(below: "Tests") { #expect(file.lines.count <= 401, "\(file)") }
  }

  @Test func `a function has at most 40 lines`() throws {
    for file in try SourceFile.all() {
      for (name, line, count) in file.functions {
        #expect(count <= 40, "\(file):\(line) \(name) has \(count) lines")
      }
    }
  }

  @Test func `only one room forks`() throws {
    for file in try SourceFile.all() where file.room != "Sandbox" && Self.table[file.room] != nil {
      for (index, line) in file.lines.enumerated() {
        #expect(!line.contains("fork()"), "\(file):\(index + 1)")
      }
    }
  }

  @Test func `what a room offers says in one sentence what it is`() throws {
    let starts = ["func ", "static func ", "struct ", "enum ", "final class ", "init("]
    for file in try SourceFile.all() {
      for (index, line) in file.lines.enumerated() {
        let text = line.drop { $0 == " " }
        guard starts.contains(where: { text.hasPrefix("package " + $0) }), index > 0 else {
          continue
        }
        let above = file.lines[..<index].last { !$0.drop { $0 == " " }.hasPrefix("@") } ?? ""
        let isOperator = text.contains("func <") || text.contains("func ==")
        let isLiteral = text.contains("Literal")
        #expect(
          isOperator || isLiteral || above.contains("///"), "\(file):\(index + 1) has no comment")
      }
    }
  }
}

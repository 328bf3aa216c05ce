import Testing

@testable import Changes

@Suite struct IgnoreRulesTests {
  static let patterns: [(String, String, Bool)] = [
    ("*.o", "a.o", true), ("*.o", "a.oo", false), ("a/*", "a/b", true), ("a/*", "a/b/c", false),
    ("**/x", "x", true), ("**/x", "a/b/x", true), ("a/**", "a/b/c", true), ("a/**", "a", false),
    ("a/**/z", "a/z", true), ("a/**/z", "a/b/c/z", true), ("[a-c]?", "bx", true),
    ("[!a-c]", "b", false), ("[]]", "]", true), ("\\*", "*", true), ("\\*", "a", false),
  ]

  @Test(arguments: patterns)
  func `patterns match as gitignore(5) says`(pattern: String, path: String, matches: Bool) {
    #expect(
      IgnoreRules.matches(Array(pattern.utf8)[...], Array(path.utf8)[...]) == matches)
  }
}

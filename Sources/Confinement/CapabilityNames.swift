import CCap
import Linux

/// Capabilities by the names that people write.
package enum CapabilityNames {
  /// The set of names without "cap_", lower case; a name that libcap lacks is left out.
  package static func set(_ names: Set<String>) -> CapabilitySet {
    var set: CapabilitySet = []
    for name in names {
      if let number = number(name) { set.insert(.number(number)) }
    }
    return set
  }

  /// The number of a capability, or nil where there is none of that name.
  package static func number(_ name: String) -> Int? {
    var value: cap_value_t = 0
    return cap_from_name("cap_\(name)", &value) == 0 ? Int(value) : nil
  }
}

import Sessions

/// What a tool takes, as JSON Schema: the value that is published is the one that is checked.
enum Schema {
  /// One argument of a tool.
  struct Property {
    let name: String
    let schema: JSON
    var isRequired = false
  }

  /// An object with these members and no others.
  static func object(_ properties: [Property]) -> JSON {
    .object([
      JSON.Member("type", "object"),
      JSON.Member("properties", .object(properties.map { JSON.Member($0.name, $0.schema) })),
      JSON.Member(
        "required", .array(properties.filter(\.isRequired).map { .string($0.name) })),
      JSON.Member("additionalProperties", false),
    ])
  }

  static func string(
    _ name: String, _ summary: String, required: Bool = false, nonempty: Bool = true
  )
    -> Property
  {
    var members: [JSON.Member] = [
      JSON.Member("type", "string"), JSON.Member("description", .string(summary)),
    ]
    if required, nonempty { members.append(JSON.Member("minLength", 1)) }
    return Property(name: name, schema: .object(members), isRequired: required)
  }

  static func word(_ name: String, _ summary: String, of words: [String]) -> Property {
    Property(
      name: name,
      schema: [
        "type": "string", "enum": .array(words.map { .string($0) }), "default": .string(words[0]),
        "description": .string(summary),
      ])
  }

  static func integer(
    _ name: String, _ summary: String, in range: ClosedRange<Int64>, default value: Int64? = nil
  ) -> Property {
    var members: [JSON.Member] = [
      JSON.Member("type", "integer"), JSON.Member("minimum", .int(range.lowerBound)),
      JSON.Member("maximum", .int(range.upperBound)),
      JSON.Member("description", .string(summary)),
    ]
    if let value { members.append(JSON.Member("default", .int(value))) }
    return Property(name: name, schema: .object(members))
  }

  static func flag(_ name: String, _ summary: String) -> Property {
    Property(
      name: name,
      schema: ["type": "boolean", "default": false, "description": .string(summary)])
  }

  static func strings(_ name: String, _ summary: String) -> Property {
    Property(
      name: name,
      schema: [
        "type": "array", "items": ["type": "string", "minLength": 1], "maxItems": 1000,
        "description": .string(summary),
      ])
  }

  /// Names with a string each.
  static func dictionary(_ name: String, _ summary: String) -> Property {
    Property(
      name: name,
      schema: [
        "type": "object", "additionalProperties": ["type": "string"],
        "description": .string(summary),
      ])
  }
}

extension Schema {
  /// What is wrong with a value, as a sentence that names the place; nil: nothing.
  static func mistake(in value: JSON, against schema: JSON, at place: String = "") -> String? {
    if let type = schema["type"]?.string, !isOf(type, value) {
      return "\(named(place)) must be \(article(type)), not \(kind(of: value))"
    }
    if let choices = schema["enum"]?.array, !choices.contains(value) {
      let words = choices.compactMap(\.string).joined(separator: ", ")
      return "\(named(place)) must be one of \(words)"
    }
    switch value {
    case .int(let number): return mistake(in: number, schema, place)
    case .string(let text):
      if let least = schema["minLength"]?.int, text.unicodeScalars.count < least {
        return "\(named(place)) must not be empty"
      }
    case .array(let items): return mistake(in: items, schema, place)
    case .object(let members): return mistake(in: members, value, schema, place)
    default: break
    }
    return nil
  }

  private static func mistake(in number: Int64, _ schema: JSON, _ place: String) -> String? {
    if let least = schema["minimum"]?.int, number < least {
      return "\(named(place)) must be at least \(least)"
    }
    if let most = schema["maximum"]?.int, number > most {
      return "\(named(place)) must be at most \(most)"
    }
    return nil
  }

  private static func mistake(in items: [JSON], _ schema: JSON, _ place: String) -> String? {
    if let most = schema["maxItems"]?.int, items.count > most {
      return "\(named(place)) must have at most \(most) items"
    }
    guard let inner = schema["items"] else { return nil }
    for (index, item) in items.enumerated() {
      if let found = mistake(in: item, against: inner, at: "\(place)[\(index)]") { return found }
    }
    return nil
  }

  private static func mistake(
    in members: [JSON.Member], _ value: JSON, _ schema: JSON, _ place: String
  ) -> String? {
    for name in schema["required"]?.array?.compactMap(\.string) ?? [] where value[name] == nil {
      return "'\(inside(place, name))' is missing"
    }
    for member in members {
      let path = inside(place, member.name)
      if let inner = schema["properties"]?[member.name] {
        if let found = mistake(in: member.value, against: inner, at: path) { return found }
      } else if schema["additionalProperties"] == false {
        return "there is no argument '\(path)'" + known(schema)
      } else if let inner = schema["additionalProperties"],
        let found = mistake(in: member.value, against: inner, at: path)
      {
        return found
      }
    }
    return nil
  }

  private static func known(_ schema: JSON) -> String {
    guard case .object(let properties)? = schema["properties"] else { return "" }
    if properties.isEmpty { return "; the tool takes none" }
    return "; there are " + properties.map { "'\($0.name)'" }.joined(separator: ", ")
  }

  private static func named(_ place: String) -> String {
    place.isEmpty ? "the arguments" : "'\(place)'"
  }

  private static func inside(_ place: String, _ name: String) -> String {
    place.isEmpty ? name : "\(place).\(name)"
  }

  private static func isOf(_ type: String, _ value: JSON) -> Bool {
    switch (type, value) {
    case ("object", .object), ("array", .array), ("string", .string), ("boolean", .bool),
      ("integer", .int), ("number", .int), ("number", .double), ("null", .null):
      true
    default: false
    }
  }

  private static func article(_ type: String) -> String {
    switch type {
    case "object", "array", "integer": "an \(type)"
    default: "a \(type)"
    }
  }

  private static func kind(of value: JSON) -> String {
    switch value {
    case .null: "null"
    case .bool: "a boolean"
    case .int: "an integer"
    case .double: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

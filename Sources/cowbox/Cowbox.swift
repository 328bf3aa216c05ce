import Commands

@main
struct Cowbox {
  static func main() {}
}

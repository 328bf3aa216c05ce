import Commands
import Glibc

@main
struct Cowbox {
  static func main() { exit(Program.main()) }
}

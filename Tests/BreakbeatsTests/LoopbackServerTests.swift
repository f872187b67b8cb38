import BreakbeatExplorer
import Testing

/// How many connections the explorer's server has at a time.
@Suite struct LoopbackServerTests {
  @Test(
    arguments: [
      (Int.max, 128), (1024, 128), (160, 128), (159, 127), (45, 13), (36, 4), (35, 4), (0, 4),
    ])
  func filesAreLeftForTheRest(openFiles: Int, connections: Int) {
    #expect(LoopbackServer.mostConnections(openFiles: openFiles) == connections)
  }
}

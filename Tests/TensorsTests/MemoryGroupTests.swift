import Tensors
import Testing

@Suite("Memory of control groups")
struct MemoryGroupTests {
  private func folders(_ text: String) -> [String] { MemoryGroup.groups(in: text).map(\.folder) }

  @Test func findsTheGroupsOfAProcess() {
    let unified = MemoryGroup.groups(in: "0::/user.slice/a:b.scope\n")
    #expect(
      unified.map(\.folder) == [
        "/sys/fs/cgroup", "/sys/fs/cgroup/user.slice", "/sys/fs/cgroup/user.slice/a:b.scope",
      ])
    #expect(unified.allSatisfy { ($0.limitName, $0.usageName) == ("memory.max", "memory.current") })
    let older = MemoryGroup.groups(in: "3:cpu,cpuacct:/x\n2:hugetlb,memory:/docker\n1:name=s:/\n")
    #expect(older.map(\.folder) == ["/sys/fs/cgroup/memory", "/sys/fs/cgroup/memory/docker"])
    #expect(older.allSatisfy { $0.limitName == "memory.limit_in_bytes" })
    #expect(older.allSatisfy { $0.usageName == "memory.usage_in_bytes" })
    #expect(folders("0::/\n") == ["/sys/fs/cgroup"])
    #expect(folders("") == [] && folders("no group\n::\n") == ["/sys/fs/cgroup"])
  }

  @Test func leavesWhatIsNotUsed() {
    #expect(MemoryGroup.byteCount(in: "2147483648\n") == 2 << 30)
    #expect(MemoryGroup.byteCount(in: "max\n") == nil && MemoryGroup.byteCount(in: "") == nil)
    func remaining(_ usage: String, _ statistics: String) -> Int? {
      MemoryGroup.remaining(limit: 1000, usage: usage, statistics: statistics)
    }
    #expect(remaining("600\n", "anon 200\ninactive_file 250\nactive_file 100\n") == 650)
    #expect(remaining("600\n", "inactive_file 10\ntotal_inactive_file 250\n") == 650)
    #expect(remaining("600\n", "") == 400)
    // The files are read one after the other.
    #expect(remaining("100\n", "inactive_file 250\n") == 1000)
    #expect(remaining("1200\n", "inactive_file 0\n") == 0)
    #expect(remaining("", "inactive_file 0\n") == nil)
  }

  @Test func theProcessorHasMemory() {
    #expect(CPUBackend().availableByteCount > 0)
  }
}

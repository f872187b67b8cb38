/// At most `count` elements of a list, evenly spread over it, in order.
package func evenlySpread<Element>(_ count: Int, of elements: [Element]) -> [Element] {
  guard count < elements.count else { return elements }
  return (0..<max(0, count)).map { elements[$0 * elements.count / count] }
}

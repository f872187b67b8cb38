extension Plan {
  /// Bytes of the variables that the plan reads or changes.
  var variableByteCount: Int {
    values.reduce(0) { sum, value in
      guard case .variable = value.source else { return sum }
      return sum + value.shape.count * value.elementType.byteCount
    }
  }
}

public import ArgumentParser
public import Tensors

extension Arithmetic: ExpressibleByArgument {}

extension Precision: ExpressibleByArgument {
  /// What is in force, for people.
  var words: String {
    switch self {
    case .float32: "float32"
    case .mixed: "mixed, feature maps in 16 bits, arithmetic in float32, the loss scaled"
    }
  }
}

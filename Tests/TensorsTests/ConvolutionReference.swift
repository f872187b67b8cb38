import Tensors

/// Convolutions by their definition, in `Double`, a loop per index.
struct ConvolutionReference {
  let picture: Shape
  let positions: Shape
  let weight: Shape
  let geometry: ConvolutionGeometry

  /// Calls `body` with the indices of every product: picture, position and weight.
  private func forEachProduct(_ body: (_ picture: Int, _ position: Int, _ weight: Int) -> Void) {
    let (inputs, outputs) = (weight[1], weight[0] / geometry.groups)
    for sample in 0..<picture[0] {
      for output in 0..<weight[0] {
        for input in 0..<inputs {
          let channel = output / outputs * inputs + input
          forEachTap { row, column in
            let ((y, j, t), (x, i, u)) = (row, column)
            body(
              ((sample * picture[1] + channel) * picture[2] + y) * picture[3] + x,
              ((sample * weight[0] + output) * positions[2] + j) * positions[3] + i,
              ((output * inputs + input) * weight[2] + t) * weight[3] + u)
          }
        }
      }
    }
  }

  /// Coordinate in the picture, position and tap along an axis.
  private typealias Meeting = (Int, Int, Int)

  private func forEachTap(_ body: (Meeting, Meeting) -> Void) {
    let rows = meetings(2, geometry.stride.y, geometry.padding.y, geometry.dilation.y)
    let columns = meetings(3, geometry.stride.x, geometry.padding.x, geometry.dilation.x)
    for row in rows { for column in columns { body(row, column) } }
  }

  private func meetings(_ axis: Int, _ stride: Int, _ padding: Int, _ dilation: Int) -> [Meeting] {
    (0..<positions[axis]).flatMap { position in
      (0..<weight[axis]).compactMap { tap in
        let coordinate = position * stride - padding + tap * dilation
        return 0..<picture[axis] ~= coordinate ? (coordinate, position, tap) : nil
      }
    }
  }

  private func adding(_ bias: [Double], to values: [Double], _ shape: Shape) -> [Double] {
    guard !bias.isEmpty else { return values }
    let area = shape[2] * shape[3]
    return values.indices.map { values[$0] + bias[$0 / area % shape[1]] }
  }

  func convolution(_ x: [Double], _ w: [Double], bias: [Double] = []) -> [Double] {
    var y = [Double](repeating: 0, count: positions.count)
    forEachProduct { y[$1] += x[$0] * w[$2] }
    return adding(bias, to: y, positions)
  }

  func transposed(_ y: [Double], _ w: [Double], bias: [Double] = []) -> [Double] {
    var x = [Double](repeating: 0, count: picture.count)
    forEachProduct { x[$0] += y[$1] * w[$2] }
    return adding(bias, to: x, picture)
  }

  func weightGradient(_ x: [Double], _ y: [Double]) -> [Double] {
    var w = [Double](repeating: 0, count: weight.count)
    forEachProduct { w[$2] += x[$0] * y[$1] }
    return w
  }
}

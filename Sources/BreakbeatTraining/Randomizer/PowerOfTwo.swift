/// 2 to the power of a number, by arithmetic that is the same on every machine.
///
/// The C library's `pow` may differ in the last bit between processors, and items are to be pure
/// functions of their numbers. The whole part goes to the exponent, the rest, at most ½, through the
/// exponential's series; the error is about one unit in the last place.
package func powerOfTwo(_ exponent: Double) -> Double {
  precondition(abs(exponent) < 1000, "powerOfTwo: \(exponent)")
  let whole = exponent.rounded()
  let x = (exponent - whole) * 0.693_147_180_559_945_3
  var sum = 1.0
  for term in stride(from: 17.0, through: 1, by: -1) { sum = 1 + x / term * sum }
  return Double(sign: .plus, exponent: Int(whole), significand: sum)
}

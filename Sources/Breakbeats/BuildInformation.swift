/// What was built.
public enum BuildInformation {
  /// The version, recorded in files.
  public static let version = "0.1.0"
}

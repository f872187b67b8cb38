/// A device that runs compiled graphs.
public final class Device: Sendable {}

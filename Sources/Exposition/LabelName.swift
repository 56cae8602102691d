/// Label names of text 0.0.4 and OpenMetrics 1.0, as every reader takes them.
public enum LabelName {
    /// `[a-zA-Z_][a-zA-Z0-9_]*`, but not `__name__`, which is the metric's.
    public static func isValid(_ name: String) -> Bool {
        guard let first = name.utf8.first, first &- 48 >= 10, name != "__name__" else { return false }
        return name.utf8.allSatisfy { ByteClass.table[Int($0)] & ByteClass.labelName != 0 }
    }
}

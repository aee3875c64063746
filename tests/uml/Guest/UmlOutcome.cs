namespace Podwire.Uml;

/// <summary>How a test in the guest ended.</summary>
public enum UmlOutcome
{
    /// <summary>It did not: the guest was ended first, or it never began.</summary>
    Missing,

    /// <summary>It passed.</summary>
    Passed,

    /// <summary>It failed.</summary>
    Failed,

    /// <summary>It was skipped in the guest.</summary>
    Skipped,

    /// <summary>It began and has not ended.</summary>
    Running,
}

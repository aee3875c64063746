namespace Podwire.Kubelet.Probes;

/// <summary>What one probe or hook said.</summary>
/// <param name="Success">It succeeded.</param>
/// <param name="Message">Why not; empty after a success.</param>
internal readonly record struct ProbeOutcome(bool Success, string Message)
{
    /// <summary>It succeeded.</summary>
    public static ProbeOutcome Ok { get; } = new(true, "");

    /// <summary>It failed.</summary>
    public static ProbeOutcome Fail(string message) => new(false, message);
}

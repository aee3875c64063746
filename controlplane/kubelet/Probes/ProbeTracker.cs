namespace Podwire.Kubelet.Probes;

/// <summary>Turns single outcomes into a verdict by successThreshold and failureThreshold. Pure.</summary>
/// <param name="successThreshold">Successes in a row that make it true; at least 1.</param>
/// <param name="failureThreshold">Failures in a row that make it false; at least 1.</param>
/// <param name="verdict">The verdict to begin with; null for none.</param>
internal sealed class ProbeTracker(int successThreshold, int failureThreshold, bool? verdict = null)
{
    private bool last;
    private int inARow;

    /// <summary>The verdict: true, false, or null while there is none.</summary>
    public bool? Verdict { get; private set; } = verdict;

    /// <summary>Takes one outcome; true if the verdict changed with it.</summary>
    public bool Observe(bool success)
    {
        inARow = inARow > 0 && success == last ? inARow + 1 : 1;
        last = success;
        if (inARow < Math.Max(success ? successThreshold : failureThreshold, 1) || Verdict == success)
        {
            return false;
        }

        Verdict = success;
        return true;
    }
}

namespace Podwire.BgpBench;

/// <summary>What one change cost one daemon in one round.</summary>
internal sealed record Sample
{
    /// <summary>From the first octet sent to the last delivery; null if not all came.</summary>
    public TimeSpan? Wall { get; init; }

    /// <summary>The daemon's time on processors, with what it did in the rest after.</summary>
    public TimeSpan Cpu { get; init; }

    /// <summary>UPDATEs that the clients got.</summary>
    public long Updates { get; init; }

    /// <summary>What was not delivered.</summary>
    public long Missing { get; init; }

    public long Doubled { get; init; }

    public long Returned { get; init; }

    public long Wrong { get; init; }

    /// <summary>Resident memory when all was done, and the most so far, in MB.</summary>
    public double Rss { get; init; }

    public double PeakRss { get; init; }

    /// <summary>Why it did not come to an end; null if it did.</summary>
    public string? Failure { get; init; }

    /// <summary>What a change came to, by the ledger and the daemon's use before it.</summary>
    public static Sample Of(TimeSpan? wall, Feeder feeder, ProcessUse before, ProcessUse after) => new()
    {
        Wall = wall,
        Cpu = after.Cpu - before.Cpu,
        Updates = feeder.Ledger.Updates,
        Missing = feeder.Ledger.Missing,
        Doubled = feeder.Ledger.Doubled,
        Returned = feeder.Ledger.Returned,
        Wrong = feeder.Ledger.Wrong,
        Rss = after.Rss,
        PeakRss = after.PeakRss,
        Failure = feeder.Broken ?? (after.PeakRss == 0 ? "the daemon ended" : wall is null ? "not all came in time" : feeder.Ledger.Missing > 0 ? "what had come was taken back" : null),
    };
}

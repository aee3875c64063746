using Podwire.Primitives;

namespace Podwire.Ruleset;

/// <summary>The kernel refused a batch; nothing of it took effect.</summary>
public sealed class NftException : Exception
{
    /// <summary>A refusal of one operation, or of the batch as a whole when <paramref name="operation"/> is null.</summary>
    public NftException(Errno errno, NftOperation? operation, string? detail = null)
        : base($"{operation?.GetType().Name ?? "batch"} {operation?.Subject}: {errno.Describe()}{(detail is null ? string.Empty : $": {detail}")}")
    {
        Errno = errno;
        Operation = operation;
        Detail = detail;
    }

    /// <summary>The error number.</summary>
    public Errno Errno { get; }

    /// <summary>The first operation that was refused, if it is known.</summary>
    public NftOperation? Operation { get; }

    /// <summary>What the kernel said beyond the number.</summary>
    public string? Detail { get; }

    /// <summary>True if the ruleset was changed by someone since the generation that the batch was made for: read it again.</summary>
    public bool IsStale => Errno == Errno.ERESTART;
}

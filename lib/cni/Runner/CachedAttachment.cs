namespace Podwire.Cni;

/// <summary>An attachment as the cache holds it: enough to CHECK or DEL it after the runtime's restart.</summary>
public sealed record CachedAttachment
{
    /// <summary>The network's name.</summary>
    public required string Network { get; init; }

    /// <summary>What the plugins were told; the namespace is not kept in the reference's format, and is empty here.</summary>
    public required CniAttachment Attachment { get; init; }

    /// <summary>The list's text at the time of ADD.</summary>
    public required ReadOnlyMemory<byte> Config { get; init; }

    /// <summary>The result's text; empty if it was not kept.</summary>
    public required ReadOnlyMemory<byte> ResultJson { get; init; }

    /// <summary>The result.</summary>
    /// <exception cref="CniException">Code 6.</exception>
    public CniResult? Result => ResultJson.IsEmpty ? null : CniResultReader.Parse(ResultJson, "the cached result");
}

namespace Podwire.ApiServer.Schema;

/// <summary>What checking an object against its type found, as dotted paths.</summary>
internal sealed class SchemaFindings
{
    /// <summary>Fields the type does not have; they were removed.</summary>
    public List<string> Unknown { get; } = [];

    /// <summary>Fields that stood twice.</summary>
    public List<string> Duplicates { get; } = [];

    /// <summary>Values of the wrong shape: the object cannot be decoded.</summary>
    public List<string> Malformed { get; } = [];
}

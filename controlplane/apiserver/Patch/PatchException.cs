namespace Podwire.ApiServer.Patch;

/// <summary>A patch that is malformed (<see cref="IsConflict"/> false) or does not fit the object (true).</summary>
internal sealed class PatchException(string message, bool isConflict = false) : Exception(message)
{
    public bool IsConflict { get; } = isConflict;
}

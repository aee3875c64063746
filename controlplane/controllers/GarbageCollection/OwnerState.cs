namespace Podwire.Controllers.GarbageCollection;

/// <summary>What is known of an owner.</summary>
internal enum OwnerState
{
    /// <summary>Not in the graph: the API server has to be asked.</summary>
    Unknown,

    /// <summary>There.</summary>
    Present,

    /// <summary>There, being deleted, and waiting for its dependants.</summary>
    AwaitsDependants,

    /// <summary>The API server has no object of that name with that uid.</summary>
    Absent,
}

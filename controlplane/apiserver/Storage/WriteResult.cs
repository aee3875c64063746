namespace Podwire.ApiServer.Storage;

/// <summary>How a write ended.</summary>
internal enum WriteResult
{
    /// <summary>Committed and visible.</summary>
    Written,

    /// <summary>A create found the key taken.</summary>
    AlreadyExists,

    /// <summary>An update or delete found nothing.</summary>
    NotFound,

    /// <summary>The object has another revision than expected.</summary>
    Conflict,

    /// <summary>The guard said no.</summary>
    Refused,
}

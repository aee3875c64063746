namespace Podwire.Kube;

/// <summary>How a patch is meant.</summary>
public enum PatchType
{
    /// <summary>RFC 7396: objects merge, lists and values are replaced, null removes.</summary>
    Merge,

    /// <summary>Kubernetes' strategic merge: lists merge by their merge keys.</summary>
    Strategic,

    /// <summary>RFC 6902: a list of operations.</summary>
    Json,

    /// <summary>Server-side apply; needs <see cref="WriteOptions.FieldManager"/>.</summary>
    Apply,
}

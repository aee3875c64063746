namespace Podwire.ApiServer.Rest;

/// <summary>In which form an Accept header wants objects.</summary>
internal enum ResponseForm
{
    /// <summary>As they are.</summary>
    Object,

    /// <summary>meta.k8s.io/v1 Table, what kubectl get prints.</summary>
    Table,

    /// <summary>meta.k8s.io/v1 PartialObjectMetadata.</summary>
    Metadata,
}

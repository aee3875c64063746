namespace Podwire.Proxy.State;

/// <summary>The conditions of an endpoint (EndpointConditions, discovery.k8s.io/v1), with absent values resolved.</summary>
[Flags]
internal enum EndpointConditions : byte
{
    /// <summary>None holds.</summary>
    None = 0,

    /// <summary>Ready; also when the API leaves it unset.</summary>
    Ready = 1,

    /// <summary>Serving; equals Ready where the API leaves it unset.</summary>
    Serving = 2,

    /// <summary>Terminating.</summary>
    Terminating = 4,
}

using Podwire.Kube.Objects;

namespace Podwire.CniFlannel.Agent.Apply;

/// <summary>Writes what the other nodes have to know to this node's object.</summary>
internal interface INodeRegistration
{
    /// <summary>Sets annotations of the node; the others stay.</summary>
    Task AnnotateAsync(Node node, IReadOnlyDictionary<string, string> annotations, CancellationToken cancel);

    /// <summary>Tells of something that someone has to look at, as an event about a node; never fails.</summary>
    void Warn(Node about, string reason, string message);

    /// <summary>Sets the condition NetworkUnavailable to False.</summary>
    Task SetNetworkAvailableAsync(Node node, CancellationToken cancel);
}

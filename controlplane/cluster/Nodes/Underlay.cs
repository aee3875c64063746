using Podwire.Primitives;

namespace Podwire.Cluster.Nodes;

/// <summary>The addresses of a cluster on one machine. All of them live in its namespaces; none touches the machine's own network.</summary>
internal static class Underlay
{
    /// <summary>The bridge that joins the nodes, in the control plane's namespace.</summary>
    public const string Bridge = "underlay";

    /// <summary>The most nodes that the address plan holds.</summary>
    public const int MostNodes = 100;

    /// <summary>The link between the nodes.</summary>
    public static IpPrefix Network { get; } = IpPrefix.Parse("10.89.0.0/24");

    /// <summary>The control plane and the nodes' default gateway.</summary>
    public static IpPrefix ControlAddress { get; } = IpPrefix.Parse("10.89.0.1/24");

    /// <summary>The API server inside the namespaces.</summary>
    public const int ApiPort = 6443;

    /// <summary>The pods' network; each node has a /24 of it.</summary>
    public const string ClusterCidr = "10.244.0.0/16";

    /// <summary>The services' network.</summary>
    public const string ServiceCidr = "10.96.0.0/16";

    /// <summary>node1 is 10.89.0.11.</summary>
    public static IpPrefix NodeAddress(int number) => new(Network.First.Add(10 + number), Network.Length);

    /// <summary>The name of node N.</summary>
    public static string NodeName(int number) => $"node{number}";
}

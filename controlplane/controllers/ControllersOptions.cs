using Podwire.Controllers.NodeLifecycle;
using Podwire.Primitives;

namespace Podwire.Controllers;

/// <summary>What the controllers are told, by flags or by the API server that they run in.</summary>
public sealed record ControllersOptions
{
    /// <summary>The cluster networks that node networks come out of, at most one of each family, with the prefix length of the node networks. Empty: none are given out.</summary>
    public IReadOnlyList<(IpPrefix Cluster, int NodeMask)> ClusterNetworks { get; init; } = [];

    /// <summary>Silence of nodes and eviction.</summary>
    public NodeLifecycleOptions NodeLifecycle { get; init; } = new();

    /// <summary>How many ended pods are kept; 0 keeps all; 12,500 (--terminated-pod-gc-threshold).</summary>
    public int EndedPodThreshold { get; init; } = 12_500;

    /// <summary>How long a node must be missing before its pods are removed; 40 s.</summary>
    public TimeSpan NodeGoneQuarantine { get; init; } = TimeSpan.FromSeconds(40);

    /// <summary>The API server's CA certificate (PEM), published as config map kube-root-ca.crt in every namespace; null publishes none.</summary>
    public string? RootCa { get; init; }

    /// <summary>Which controllers run, as kube-controller-manager's --controllers: "*", "name", "-name".</summary>
    public IReadOnlyList<string> Controllers { get; init; } = ["*"];

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>True if the controller of a name is to run.</summary>
    public bool Runs(string name) => Controllers.Contains(name) || (Controllers.Contains("*") && !Controllers.Contains("-" + name));
}

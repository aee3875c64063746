using Podwire.Netlink.Route;

namespace Podwire.BgpDaemon.Kernel;

/// <summary>Next hops in a fixed order, and the metric, compared by content.</summary>
internal sealed class KernelRoute : IEquatable<KernelRoute>
{
    private KernelRoute(IReadOnlyList<NextHop> hops, uint metric) => (Hops, Metric) = (hops, metric);

    public IReadOnlyList<NextHop> Hops { get; }

    /// <summary>The metric; 0 for the kernel's own choice.</summary>
    public uint Metric { get; }

    public static KernelRoute Of(IReadOnlyList<NextHop> hops, uint metric = 0) =>
        new(hops.Count < 2 ? hops : [.. hops.OrderBy(static hop => hop.Gateway).ThenBy(static hop => hop.InterfaceIndex)], metric);

    public bool Equals(KernelRoute? other) => other is not null && Metric == other.Metric && Hops.SequenceEqual(other.Hops);

    public override bool Equals(object? obj) => Equals(obj as KernelRoute);

    public override int GetHashCode() => Hops.Count == 0 ? 0 : Hops[0].GetHashCode();
}

using Podwire.Netlink.Route;

namespace Podwire.BgpDaemon.Kernel;

/// <summary>Next hops in a fixed order, compared by content.</summary>
internal sealed class KernelRoute : IEquatable<KernelRoute>
{
    private KernelRoute(IReadOnlyList<NextHop> hops) => Hops = hops;

    public IReadOnlyList<NextHop> Hops { get; }

    public static KernelRoute Of(IReadOnlyList<NextHop> hops) => new(hops.Count < 2 ? hops : [.. hops.OrderBy(static hop => hop.Gateway).ThenBy(static hop => hop.InterfaceIndex)]);

    public bool Equals(KernelRoute? other) => other is not null && Hops.SequenceEqual(other.Hops);

    public override bool Equals(object? obj) => Equals(obj as KernelRoute);

    public override int GetHashCode() => Hops.Count == 0 ? 0 : Hops[0].GetHashCode();
}

using Podwire.Netlink.Namespaces;

namespace Podwire.ProxyBench;

/// <summary>Network namespaces of one row; all go with it.</summary>
internal sealed class Namespaces : IDisposable
{
    private static int count;
    private readonly List<(string Name, NetNamespace Namespace)> made = [];

    /// <summary>A new one, with loopback up.</summary>
    public (string Name, NetNamespace Namespace) Make(string what)
    {
        var name = $"bench-{Environment.ProcessId}-{++count}-{what}";
        var ns = NetNamespace.Create($"/run/netns/{name}");
        made.Add((name, ns));
        Shell.Run(name, "ip link set lo up");
        return (name, ns);
    }

    public void Dispose()
    {
        foreach (var (name, ns) in made)
        {
            ns.Dispose();
            NetNamespace.Delete($"/run/netns/{name}");
        }
    }
}

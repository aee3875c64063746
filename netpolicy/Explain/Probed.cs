using Podwire.Primitives;

namespace Podwire.NetPolicy.Explain;

/// <summary>One connection tried for real, and what the kernel counted of it on either side.</summary>
/// <param name="IsOpen">Whether it came through; null where that cannot be told.</param>
/// <param name="Egress">The chain that judges the client and its counter; null if nothing on this machine polices it.</param>
/// <param name="Ingress">The same of the server.</param>
internal sealed record Probed(bool? IsOpen, string? Egress, string? Ingress)
{
    /// <summary>Tries it.</summary>
    public static Probed Of(MachineNamespaces machine, IpAddress client, IpAddress server, IpProtocol protocol, ushort port)
    {
        var (egress, ingress) = (KernelCounters.Of(machine, client, ingress: false), KernelCounters.Of(machine, server, ingress: true));
        var open = new Probe(machine).TryAsync([(client, server)], protocol, port).GetAwaiter().GetResult()[0];
        return new(open, Counted(egress, KernelCounters.Of(machine, client, ingress: false)), Counted(ingress, KernelCounters.Of(machine, server, ingress: true)));
    }

    /// <summary>Tries nothing: what the kernel has counted so far.</summary>
    public static Probed CountersOnly(MachineNamespaces machine, IpAddress client, IpAddress server) =>
        new(null, Counted(KernelCounters.Of(machine, client, ingress: false)), Counted(KernelCounters.Of(machine, server, ingress: true)));

    /// <summary>For people, beside what the objects say.</summary>
    public string Text(bool isAllowed) => IsOpen switch
    {
        null => "cannot be told from this machine: the client's network namespace is not here, or nobody answers",
        true => isAllowed ? "came through" : "came through, though the objects deny it",
        false => isAllowed ? "did not come through, though the objects allow it" : "did not come through",
    };

    private static string? Counted((string Chain, ulong Denied)? now) =>
        now is { } counted ? $"chain {counted.Chain} has denied {counted.Denied} packets since it was written, whoever they were from" : null;

    private static string? Counted((string Chain, ulong Denied)? before, (string Chain, ulong Denied)? after) =>
        after is { } now ? $"chain {now.Chain} denied {now.Denied - (before?.Denied ?? 0)} packets of it, {now.Denied} in all" : null;
}

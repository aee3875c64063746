using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.NetPolicy.Compile;

/// <summary>
/// The sets of the table of one family that are there whatever policies there are. Names are the interface: people read them in
/// <c>nft list ruleset</c>, and the CNI plugin podwire-policy writes to <see cref="Pending"/>.
/// </summary>
internal sealed class TableSchema
{
    /// <summary>The table's name, in the families ip and ip6.</summary>
    public const string TableName = "podwire-netpolicy";

    /// <summary>The name of <see cref="Pending"/>.</summary>
    public const string PendingName = "pending-pods";

    /// <summary>The name of <see cref="Clients"/>.</summary>
    public const string ClientsName = "dns-clients";

    /// <summary>For IPv4.</summary>
    public static TableSchema V4 { get; } = new(IpFamily.V4);

    /// <summary>For IPv6.</summary>
    public static TableSchema V6 { get; } = new(IpFamily.V6);

    private TableSchema(IpFamily family)
    {
        Family = family;
        Id = new(family == IpFamily.V4 ? TableFamily.Ip : TableFamily.Ip6, TableName);
        Address = NftType.Address(family);
        var source = family == IpFamily.V4 ? CtKey.IpSaddr : CtKey.Ip6Saddr;
        Client = new(source, CtDirection.Original);
        Server = new(source, CtDirection.Reply);
        Ingress = new() { Name = "ingress-pods", Key = [Address] };
        Egress = new() { Name = "egress-pods", Key = [Address] };
        Self = new() { Name = "self-pairs", Key = [Address, Address] };
        Clients = new() { Name = ClientsName, Key = [Address] };
        // Dynamic: what others put in is theirs, and no difference to be repaired.
        Pending = new() { Name = PendingName, Key = [Address], Flags = SetFlags.Dynamic, Size = 65535 };
    }

    /// <summary>The families.</summary>
    public static TableSchema[] All { get; } = [V4, V6];

    /// <summary>The family.</summary>
    public IpFamily Family { get; }

    /// <summary>The table.</summary>
    public TableId Id { get; }

    /// <summary>The type of addresses.</summary>
    public NftType Address { get; }

    /// <summary>Who opened the connection, as it was before any translation of the source: the same in both directions of it.</summary>
    public Ct Client { get; }

    /// <summary>Who answers: the destination behind any translation.</summary>
    public Ct Server { get; }

    /// <summary>The port of the server, behind any translation.</summary>
    public static Ct ServerPort { get; } = new(CtKey.ProtoSrc, CtDirection.Reply);

    /// <summary>Pods of this node whose ingress is policed, to the chain of their class.</summary>
    public NftMap Ingress { get; }

    /// <summary>Pods of this node whose egress is policed.</summary>
    public NftMap Egress { get; }

    /// <summary>Pods of this node that always reach themselves.</summary>
    public NftSet Self { get; }

    /// <summary>Pods that are about to begin and whose policies are not known yet: nothing reaches them, and they reach nothing.</summary>
    public NftSet Pending { get; }

    /// <summary>Pods of this node whose policies have domain names with wildcards; there only while there is such a pod.</summary>
    public NftSet Clients { get; }

    /// <summary>Who was asked, before any translation.</summary>
    public Ct Asked => new(Family == IpFamily.V4 ? CtKey.IpDaddr : CtKey.Ip6Daddr, CtDirection.Original);

    /// <summary>The sets that are there whatever policies there are.</summary>
    public IEnumerable<SetObject> Sets => [Pending, Self, Ingress, Egress];

    /// <summary>The schema of a family.</summary>
    public static TableSchema Of(IpFamily family) => family == IpFamily.V4 ? V4 : V6;
}

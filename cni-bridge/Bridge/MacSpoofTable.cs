using Podwire.Cni;
using Podwire.Netlink;
using Podwire.Netlink.Nftables;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.CniBridge.Bridge;

/// <summary>
/// <c>macspoofchk</c>: frames that a container sends with another source address than its own are dropped. A bridge table of two rules:
/// a port with the frame's source in <c>allowed</c> passes, another port in <c>guarded</c> does not. An attachment is an element of each,
/// with its owner as the remark.
/// </summary>
internal sealed class MacSpoofTable : IDisposable
{
    private const int MaxRemark = 127;
    private const int Attempts = 50;

    // linux/netfilter_bridge.h, NF_BR_PRI_NAT_DST_BRIDGED: before anything looks at the frame.
    private const int Priority = -300;

    private const string Prerouting = "prerouting";

    private static readonly TableId Table = new(TableFamily.Bridge, "podwire-cni-macspoof");

    private readonly NftSocket nft;

    private MacSpoofTable(NftSocket nft) => this.nft = nft;

    private static NftSet Allowed => new() { Name = "allowed", Key = [NftType.InterfaceName, NftType.EtherAddress] };

    private static NftSet Guarded => new() { Name = "guarded", Key = [NftType.InterfaceName] };

    /// <summary>Opens it in the thread's namespace; null if this kernel has no nftables at all.</summary>
    internal static MacSpoofTable? TryOpen()
    {
        try
        {
            return new(NftSocket.Open());
        }
        catch (SyscallException e) when (e.Errno == Errno.EPROTONOSUPPORT)
        {
            return null;
        }
    }

    /// <summary>Refuses the key where the kernel cannot serve it.</summary>
    /// <exception cref="CniException">Code 2.</exception>
    internal static void Require(BridgeConfig config)
    {
        if (config.MacSpoofCheck)
        {
            KernelFeature.Require(KernelFeature.HasBridgeNftables(), "macspoofchk", "CONFIG_NF_TABLES_BRIDGE");
        }
    }

    /// <summary>The remark of an attachment's elements.</summary>
    internal static string Owner(string network, AttachmentId attachment) => OwnerTag.Of(network, attachment, MaxRemark);

    /// <summary>Guards a port. What an owner who is gone has left under its name is replaced.</summary>
    internal void Add(string port, MacAddress mac, string owner)
    {
        var guard = SetElement.Of(NftScalar.InterfaceName(port), owner);
        var allow = SetElement.Of(Key(port, mac), owner);
        for (var attempt = 1; ; attempt++)
        {
            // Read and written in one generation: another plugin may make the table at this moment.
            var generation = nft.GetGeneration();
            var batch = Prepare(nft.ReadTable(Table));
            batch.DeleteElements(Table, Guarded, [.. Read(Guarded).Where(e => e.Key == guard.Key)]);
            batch.DeleteElements(Table, Allowed, [.. Read(Allowed).Where(e => IsOf(e, port))]);
            batch.AddElements(Table, Allowed, allow).AddElements(Table, Guarded, guard);
            try
            {
                nft.Apply(batch, generation);
                return;
            }
            catch (NftException e) when (e.IsStale && attempt < Attempts)
            {
                // Somebody else committed in between.
            }
        }
    }

    /// <summary>True if the port is guarded for this address.</summary>
    internal bool Has(string port, MacAddress mac) =>
        Read(Guarded).Any(e => e.Key == NftData.Of(NftScalar.InterfaceName(port))) && Read(Allowed).Any(e => e.Key == Key(port, mac));

    /// <summary>Removes the elements whose remark is one of those meant.</summary>
    internal void Remove(Func<string?, bool> isMeant)
    {
        NftSet[] sets = [Guarded, Allowed];
        foreach (var set in sets)
        {
            var gone = Read(set).Where(e => isMeant(e.Comment)).ToArray();
            if (gone.Length > 0)
            {
                nft.Apply(new NftBatch().DeleteElements(Table, set, gone));
            }
        }
    }

    /// <summary>DEL: the attachment's elements, whatever the configuration says by now.</summary>
    internal static void RemoveOf(PluginCall call)
    {
        var owner = Owner(call.Config.Name, call.Attachment);
        using var guard = TryOpen();
        guard?.Remove(tag => tag == owner);
    }

    /// <summary>GC: elements of the network's attachments that are not valid.</summary>
    internal static void Collect(PluginCall call)
    {
        var network = call.Config.Name;
        var valid = call.ValidAttachments.Select(a => Owner(network, a)).ToHashSet(StringComparer.Ordinal);
        using var guard = TryOpen();
        guard?.Remove(tag => OwnerTag.IsOf(network, tag) && !valid.Contains(tag!));
    }

    /// <summary>Closes the socket.</summary>
    public void Dispose() => nft.Dispose();

    private static NftData Key(string port, MacAddress mac)
    {
        Span<byte> bytes = stackalloc byte[6];
        mac.WriteTo(bytes);
        return NftData.Of(NftScalar.InterfaceName(port), NftScalar.Bytes(bytes));
    }

    private static bool IsOf(SetElement element, string port) => element.Key.Span.StartsWith(NftData.Of(NftScalar.InterfaceName(port)).Span);

    /// <summary>What the table lacks.</summary>
    private static NftBatch Prepare(Table? present)
    {
        var batch = new NftBatch();
        if (present is null)
        {
            batch.Add(new AddTable(Table));
        }

        NftSet[] sets = [Guarded, Allowed];
        foreach (var set in sets.Where(s => present?.FindSet(s.Name) is null))
        {
            batch.Add(new AddSet(Table, set));
        }

        var chain = present?.FindChain(Prerouting);
        if (chain is null)
        {
            batch.Add(new AddChain(Table, Chain.Hooked(Prerouting, new BaseChain(ChainType.Filter, ChainHook.Prerouting, Priority))));
        }

        if (chain is null || chain.Rules.Count == 0)
        {
            batch.Add(new AddRule(Table, Prerouting, Rule.Of(new SetLookup(Concat.Of(Meta.Iifname, Payload.EtherSaddr), Allowed.Name), new VerdictStatement(Verdict.Accept))));
            batch.Add(new AddRule(Table, Prerouting, Rule.Of(new SetLookup(Meta.Iifname, Guarded.Name), new VerdictStatement(Verdict.Drop))));
        }

        return batch;
    }

    private IReadOnlyList<SetElement> Read(NftSet set) => nft.FindElements(Table, set, static (_, _, _) => true);
}

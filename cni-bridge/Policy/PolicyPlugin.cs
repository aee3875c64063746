using Podwire.Cni;
using Podwire.Netlink;
using Podwire.Netlink.IpSet;
using Podwire.Netlink.Nftables;
using Podwire.Primitives;
using Podwire.Ruleset;
using Podwire.Ruleset.IpSets;

namespace Podwire.CniBridge.Policy;

/// <summary>
/// The plugin podwire-policy, last in a list: a pod begins when its network policies are in force. It tells podwire-netpolicy the pod's addresses and
/// waits for its answer. Where the enforcer is away for a moment (its table is there, but nobody listens), the addresses go into the set that
/// the enforcer keeps for that, and nothing reaches them until it is back. Where there is no enforcer there is nothing to do.
/// </summary>
public sealed class PolicyPlugin : IPlugin
{
    /// <summary>The name of its file, by which the enforcer knows its transactions.</summary>
    public const string Name = "podwire-policy";

    // Agreed upon with podwire-netpolicy.
    private const string DefaultSocket = "/run/podwire/netpolicy.sock";
    private const string Table = "podwire-netpolicy";
    private const string PendingSet = "pending-pods";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public CniResult Add(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var previous = call.Config.PrevResult ?? throw new CniException(CniErrorCode.InvalidNetworkConfig, "podwire-policy has to come after another plugin in the list: there is no \"prevResult\"");
        var addresses = AddressesOf(previous);
        if (call.Args["K8S_POD_NAMESPACE"] is not { } ns || call.Args["K8S_POD_NAME"] is not { } name || addresses.Count == 0)
        {
            // No pod: policies are about pods.
            return previous;
        }

        KernelErrors.Translate(() =>
        {
            var answer = LocalRequest.Ask(SocketOf(call.Config), $"ADD {ns} {name} {call.Args["K8S_POD_UID"] ?? "-"} {string.Join(',', addresses)}", Patience, out var isThere);
            if (answer != "ok" && !(isThere && answer is null))
            {
                Put(addresses, aside: true);
            }
        });
        return previous;
    }

    /// <summary>What was put aside and never fetched must not close the address for the next pod that has it.</summary>
    public void Del(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (call.Config.PrevResult is { } previous)
        {
            KernelErrors.Translate(() => Put(AddressesOf(previous), aside: false));
        }
    }

    /// <summary>Rules are the enforcer's, which looks after them itself.</summary>
    public void Check(PluginCall call)
    {
    }

    /// <summary>What is put aside is fetched or removed by the enforcer.</summary>
    public void Gc(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        _ = call.ValidAttachments;
    }

    /// <summary>Always able to serve.</summary>
    public void Status(PluginCall call)
    {
    }

    private static List<IpAddress> AddressesOf(CniResult result) => [.. result.Ips.Select(static ip => ip.Address.Address)];

    private static string SocketOf(NetworkConfig config)
    {
        string? socket = null;
        var reader = new JsonObjectReader(config.Json, "the network configuration");
        while (reader.Next())
        {
            if (reader.Is("socket"u8))
            {
                socket = reader.String();
            }
        }

        return string.IsNullOrEmpty(socket) ? DefaultSocket : socket;
    }

    private static void Put(List<IpAddress> addresses, bool aside)
    {
        PutIntoIpSets(addresses, aside);
        using var nft = NftSocket.Open();
        foreach (var address in addresses)
        {
            var id = new TableId(address.IsV4 ? TableFamily.Ip : TableFamily.Ip6, Table);
            var set = new NftSet { Name = PendingSet, Key = [NftType.Address(address.Family)], Flags = SetFlags.Dynamic, Size = 65535 };
            var batch = new NftBatch();
            var element = SetElement.Of(NftScalar.Address(address));
            try
            {
                nft.Apply(aside ? batch.AddElements(id, set, element) : batch.DeleteElements(id, set, element));
            }
            catch (NftException e) when (e.Errno == Errno.ENOENT)
            {
                // No enforcer ever ran here, or the address is not aside.
            }
        }
    }

    /// <summary>The back end iptables keeps a set of ipset for it. Where there is none, there is nothing to do.</summary>
    private static void PutIntoIpSets(List<IpAddress> addresses, bool aside)
    {
        using var sets = IpSetSocket.Open();
        var batch = new IpSetBatch();
        foreach (var address in addresses)
        {
            var set = new IpSetSpec(address.IsV4 ? "KUBE-NWPLCY4-PENDING" : "KUBE-NWPLCY6-PENDING", IpSetType.HashIp, address.Family);
            if (aside)
            {
                batch.Add(set, IpSetEntry.Of(address));
            }
            else
            {
                batch.Delete(set, IpSetEntry.Of(address));
            }
        }

        foreach (var refusal in sets.TryExecute(batch))
        {
            // EINVAL and EOPNOTSUPP: a kernel without ipset. ENOENT: without the set.
            if (refusal.Errno is not (Errno.ENOENT or Errno.EINVAL or Errno.EOPNOTSUPP))
            {
                throw refusal;
            }
        }
    }
}

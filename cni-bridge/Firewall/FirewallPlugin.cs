using Podwire.Cni;
using Podwire.CniBridge.Bridge;
using Podwire.CniBridge.Iptables;
using Podwire.CniBridge.Nftables;
using Podwire.Primitives;

namespace Podwire.CniBridge.Firewall;

/// <summary>
/// The plugin firewall: lets a container's packets through the node's forwarding, and keeps bridges apart where <c>ingressPolicy</c> says
/// so. It passes the result of the plugins before it on.
/// </summary>
public sealed class FirewallPlugin : IPlugin
{
    /// <summary>The name of its file.</summary>
    public const string Name = "firewall";

    /// <inheritdoc/>
    public CniResult Add(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var config = FirewallConfig.Parse(call.Config);
        var previous = call.Config.PrevResult ?? throw new CniException(CniErrorCode.InvalidNetworkConfig, "firewall has to come after another plugin in the list: there is no \"prevResult\"");
        var request = FirewallRequest.Of(call, config, previous);
        KernelErrors.Translate(() =>
        {
            using var undo = new UndoJournal();
            if (config.UsesIptables)
            {
                undo.Push(() => IptablesFirewall.Remove(null, tag => tag == request.Owner, []));
                IptablesFirewall.Add(request, config.AdminChain);
            }
            else
            {
                var table = undo.Hold(Open());
                undo.Push(() => table.Remove(tag => tag == request.Owner));
                table.Add(request);
            }

            undo.Commit();
        });
        return previous;
    }

    /// <inheritdoc/>
    public void Del(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var owner = OwnedTable.Owner(call.Config.Name, call.Attachment);
        var addresses = call.Config.PrevResult?.Ips.Select(ip => ip.Address.Address).ToList() ?? [];
        KernelErrors.Translate(() => Remove(tag => tag == owner, addresses));
    }

    /// <inheritdoc/>
    public void Check(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var config = FirewallConfig.Parse(call.Config);
        var previous = call.Config.PrevResult ?? throw new CniException(CniErrorCode.InvalidNetworkConfig, "CHECK needs \"prevResult\"");
        var request = FirewallRequest.Of(call, config, previous);
        KernelErrors.Translate(() =>
        {
            using var table = config.UsesIptables ? null : Open();
            var difference = table is null ? IptablesFirewall.Difference(request, config.AdminChain) : table.Difference(request);
            if (difference is not null)
            {
                throw new CniException(CniErrorCode.CheckFailed, difference);
            }
        });
    }

    /// <inheritdoc/>
    public void Gc(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var network = call.Config.Name;
        var owners = call.ValidAttachments.Select(a => OwnedTable.Owner(network, a)).ToHashSet(StringComparer.Ordinal);
        KernelErrors.Translate(() => Remove(tag => OwnerTag.IsOf(network, tag) && !owners.Contains(tag!), []));
    }

    /// <inheritdoc/>
    public void Status(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var config = FirewallConfig.Parse(call.Config);
        try
        {
            KernelErrors.Translate(() =>
            {
                if (config.UsesIptables)
                {
                    IptablesProgram.Of(IpFamily.V4).Read("filter");
                }
                else
                {
                    Open().Dispose();
                }
            });
        }
        catch (CniException e) when (e.Code is CniErrorCode.UnsupportedField or CniErrorCode.KernelRefused or CniErrorCode.IoFailure)
        {
            throw new CniException(CniErrorCode.PluginNotAvailable, e.Message, e.Details, e);
        }
    }

    private static void Remove(Func<string?, bool> isMeant, IReadOnlyCollection<IpAddress> addresses)
    {
        using var table = NftablesFirewall.TryOpen();
        var removed = table?.Remove(isMeant) ?? false;
        IptablesFirewall.Remove(table?.Tables.Nft, isMeant, addresses);
        if (removed)
        {
            table!.Tables.Nft.Socket.KeepOpenBriefly();
        }
    }

    private static NftablesFirewall Open() => NftablesFirewall.TryOpen()
        ?? throw new CniException(CniErrorCode.UnsupportedField, "this kernel has no nftables; set \"backend\": \"iptables\"");
}

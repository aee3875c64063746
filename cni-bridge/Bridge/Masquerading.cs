using Podwire.Cni;
using Podwire.CniBridge.Iptables;
using Podwire.Primitives;

namespace Podwire.CniBridge.Bridge;

/// <summary><c>ipMasq</c> with either back end, for the plugins that have it: the container's packets leave its network with the node's address.</summary>
internal static class Masquerading
{
    /// <summary>Reads <c>ipMasqBackend</c>: true for iptables; nftables if nothing is said.</summary>
    /// <exception cref="CniException">Code 7: neither.</exception>
    internal static bool ReadBackend(ref JsonObjectReader reader) => reader.String() switch
    {
        null or "" or "nftables" => false,
        "iptables" => true,
        var backend => throw new CniException(CniErrorCode.InvalidNetworkConfig, $"\"ipMasqBackend\" is neither iptables nor nftables: {backend}"),
    };

    /// <summary>Masquerades the attachment's addresses.</summary>
    internal static void Add(PluginCall call, bool iptables, IEnumerable<IpPrefix> addresses, UndoJournal undo)
    {
        var network = call.Config.Name;
        if (iptables)
        {
            undo.Push(() => IptablesMasquerade.Remove(null, network, call.Attachment));
            IptablesMasquerade.Add(network, call.Attachment, addresses);
            return;
        }

        var owner = MasqueradeTable.Owner(network, call.Attachment);
        var masquerade = undo.Hold(MasqueradeTable.Open());
        undo.Push(() => masquerade.Remove(tag => tag == owner));
        masquerade.Add(addresses, owner);
    }

    /// <summary>The first address that is not masqueraded as <see cref="Add"/> does it; null if all are.</summary>
    internal static IpPrefix? Missing(PluginCall call, bool iptables, IEnumerable<IpPrefix> addresses)
    {
        if (iptables)
        {
            return IptablesMasquerade.Missing(call.Config.Name, call.Attachment, addresses);
        }

        using var masquerade = MasqueradeTable.Open();
        var owner = MasqueradeTable.Owner(call.Config.Name, call.Attachment);
        foreach (var address in addresses)
        {
            if (!masquerade.Has(address, owner))
            {
                return address;
            }
        }

        return null;
    }

    /// <summary>
    /// Removes what the attachment has with either back end, whatever the configuration says by now and whether or not the namespace and
    /// the previous result are still there. The table is returned open: closing its socket waits for the kernel, and what follows can
    /// wait for the same.
    /// </summary>
    internal static MasqueradeTable? Remove(PluginCall call)
    {
        var owner = MasqueradeTable.Owner(call.Config.Name, call.Attachment);
        var masquerade = MasqueradeTable.TryOpen();
        masquerade?.Remove(tag => tag == owner);
        IptablesMasquerade.Remove(masquerade?.Tables.Nft, call.Config.Name, call.Attachment);
        return masquerade;
    }

    /// <summary>Removes what attachments of the network have that are not valid.</summary>
    internal static void Collect(PluginCall call)
    {
        var network = call.Config.Name;
        var owners = call.ValidAttachments.Select(a => MasqueradeTable.Owner(network, a)).ToHashSet(StringComparer.Ordinal);
        using var masquerade = MasqueradeTable.TryOpen();
        masquerade?.Remove(tag => OwnerTag.IsOf(network, tag) && !owners.Contains(tag!));
        IptablesMasquerade.Collect(masquerade?.Tables.Nft, network, call.ValidAttachments);
    }

    /// <summary>Fails if the back end cannot be used.</summary>
    internal static void Probe(bool iptables)
    {
        if (iptables)
        {
            IptablesProgram.Of(IpFamily.V4);
            return;
        }

        using var masquerade = MasqueradeTable.Open();
    }
}

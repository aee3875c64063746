using Podwire.Cni;
using Podwire.Netlink;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniBridge.Bridge;

/// <summary>What bridge and ptp have in common: a veth pair whose host end names its owner, addresses of an IPAM plugin, and masquerading.</summary>
internal static class VethAttachment
{
    private const int DetachedAtOnce = 16;

    /// <summary>Addresses from the IPAM plugin of the configuration, one or more.</summary>
    internal static CniResult Lease(PluginCall call, UndoJournal undo)
    {
        var leased = call.Delegates.Add(call.Config.IpamType, call);
        undo.Push(() => call.Delegates.Invoke(CniCommand.Del, call.Config.IpamType, call));
        return leased.Ips.Count > 0
            ? leased
            : throw new CniException(CniErrorCode.DelegateFailed, $"IPAM plugin {call.Config.IpamType} gave no address");
    }

    /// <summary>Makes the pair.</summary>
    internal static void AddPair(PluginCall call, RouteSocket host, HostVeth veth, UndoJournal undo, VethSpec pair)
    {
        try
        {
            host.AddLink(pair);
        }
        catch (NetlinkException e) when (e.Errno == Errno.EEXIST)
        {
            // What an ADD that was killed has left is in the way of trying again. Anything else under either name is not ours to remove.
            if (!Remove(host, veth))
            {
                throw new CniException(CniErrorCode.Conflict, $"the container has an interface {call.IfName} already", call.NetNs!, e);
            }

            host.AddLink(pair);
        }

        undo.Push(() => host.DeleteLink(veth.Name));
    }

    /// <summary>DEL. The address is given back last, when nothing can use it any more. A step that fails does not keep the others from being tried.</summary>
    internal static void Del(PluginCall call)
    {
        var config = call.Config;
        MasqueradeTable? masquerade = null;
        try
        {
            KernelErrors.Translate(() => masquerade = Masquerading.Remove(call));
        }
        finally
        {
            try
            {
                KernelErrors.Translate(() => RemoveLink(call, masquerade?.Socket));
            }
            finally
            {
                if (config.IpamType.Length > 0)
                {
                    call.Delegates.Invoke(CniCommand.Del, config.IpamType, call);
                }

                masquerade?.Dispose();
            }
        }
    }

    /// <summary>GC: links, masquerading and leases of attachments of the network that are not valid.</summary>
    internal static void Gc(PluginCall call)
    {
        var network = call.Config.Name;
        var valid = call.ValidAttachments.Select(a => new HostVeth(network, a).Name).ToHashSet(StringComparer.Ordinal);
        try
        {
            KernelErrors.Translate(() =>
            {
                using var host = RouteSocket.Open();
                var collected = 0;
                foreach (var link in host.ListLinks().Where(l => HostVeth.BelongsTo(network, l) && !valid.Contains(l.Name)))
                {
                    // Now and then one is waited for, so that not all children of a large collection are there at once.
                    if (++collected % DetachedAtOnce == 0)
                    {
                        host.DeleteLink(link.Index);
                    }
                    else
                    {
                        host.DeleteLinkDetached(link);
                    }
                }

                Masquerading.Collect(call);
            });
        }
        finally
        {
            if (call.Config.IpamType.Length > 0)
            {
                call.Delegates.Invoke(CniCommand.Gc, call.Config.IpamType, call);
            }
        }
    }

    /// <summary>Removes an attachment's pair; false if there is none.</summary>
    /// <exception cref="CniException">Code 103: the name is another owner's.</exception>
    private static bool Remove(RouteSocket host, HostVeth veth, NetlinkSocket? kept = null)
    {
        if (host.GetLink(veth.Name) is not { } link)
        {
            return false;
        }

        if (!veth.Owns(link))
        {
            throw new CniException(CniErrorCode.Conflict, $"{veth.Name} belongs to another attachment", link.Alias ?? link.Kind);
        }

        return host.DeleteLinkDetached(link, kept);
    }

    private static void RemoveLink(PluginCall call, NetlinkSocket? kept)
    {
        using var host = RouteSocket.Open();
        if (!Remove(host, new HostVeth(call.Config.Name, call.Attachment), kept) && call.NetNs is not null)
        {
            ContainerInterface.RemoveForeign(call.NetNs, call.IfName);
        }
    }
}

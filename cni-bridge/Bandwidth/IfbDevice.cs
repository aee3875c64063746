using System.Text;
using Podwire.Cni;
using Podwire.CniBridge.Bridge;
using Podwire.CniBridge.Iptables;
using Podwire.Netlink;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniBridge.Bandwidth;

/// <summary>
/// The interface that a container's outgoing traffic is sent through to be limited. It has the name that the reference gives it, so that
/// either can remove the other's; the reference forgets the container's interface in it, so a second one of the same network and
/// container gets a name of its own. The alias tells the owner.
/// </summary>
internal sealed class IfbDevice(string network, AttachmentId attachment)
{
    private const string NamePrefix = "bwp";
    private const int NameLength = 15;
    private const int MaxAlias = 255;

    /// <summary>The name of the reference.</summary>
    internal string FirstName { get; } = Hashed(network + attachment.ContainerId);

    /// <summary>The name if a sibling has the first one.</summary>
    internal string SecondName { get; } = Hashed($"{network}/{attachment.ContainerId}/{attachment.IfName}");

    /// <summary>The alias.</summary>
    internal string Alias { get; } = OwnerTag.Of(network, attachment, MaxAlias);

    /// <summary>The attachment's link; null if there is none.</summary>
    internal Link? Find(RouteSocket host)
    {
        var first = host.GetLink(FirstName);
        return first is not null && Owns(first) ? first : host.GetLink(SecondName) is { } second && Owns(second) ? second : null;
    }

    /// <summary>Makes it. What an ADD that was killed has left under our name is replaced.</summary>
    internal Link Create(RouteSocket host, int mtu, UndoJournal undo)
    {
        Remove(host);
        var name = host.GetLink(FirstName) is null ? FirstName : SecondName;

        // One message, so that no moment is left in which it has no owner.
        var batch = new RouteBatch();
        batch.AddLink(new IfbSpec(name) { Up = true, Mtu = mtu });
        batch.SetLink(name, new LinkChange { Alias = Alias });
        try
        {
            host.Execute(batch);
        }
        catch (NetlinkException e) when (e.Errno == Errno.EOPNOTSUPP)
        {
            throw KernelFeature.Missing("egressRate", "CONFIG_IFB");
        }

        undo.Push(() => host.DeleteLink(name));
        return host.GetLink(name) ?? throw new CniException(CniErrorCode.TryAgainLater, $"{name} was removed while it was being set up");
    }

    /// <summary>Removes it; false if there is none.</summary>
    internal bool Remove(RouteSocket host)
    {
        var removed = false;
        while (Find(host) is { } link)
        {
            removed |= host.DeleteLinkDetached(link);
        }

        return removed;
    }

    private bool Owns(Link link) => link.Kind == IfbSpec.KindName && (string.IsNullOrEmpty(link.Alias) || link.Alias == Alias);

    private static string Hashed(string text) => (NamePrefix + Convert.ToHexStringLower(Sha512.Hash(Encoding.UTF8.GetBytes(text))))[..NameLength];
}

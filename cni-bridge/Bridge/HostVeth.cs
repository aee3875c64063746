using Podwire.Cni;
using Podwire.Netlink.Route;

namespace Podwire.CniBridge.Bridge;

/// <summary>
/// The host's end of a container's veth pair. Its name follows from network, container and interface, so that DEL and GC find it when
/// the container's namespace is gone and when an ADD died half-way; its alias tells the owner in full, so that a name that two owners
/// happen to share is noticed. A link without an alias is one whose ADD did not get that far.
/// </summary>
internal sealed class HostVeth
{
    private const string NamePrefix = "veth";

    // Lower-case base 32 (RFC 4648 section 7, extended hex): 3 digits of the network and 8 of the attachment fill the 15 bytes of a name.
    private const string Digits = "0123456789abcdefghijklmnopqrstuv";
    private const int NetworkDigits = 3;
    private const int AttachmentDigits = 8;

    // linux/if.h: IFALIASZ is 256 with the terminating zero.
    private const int MaxAlias = 255;

    internal HostVeth(string network, AttachmentId attachment)
    {
        Name = NetworkNamePrefix(network) + Text(Fnv1a.Hash64($"{network}/{attachment.ContainerId}/{attachment.IfName}"), AttachmentDigits);
        Alias = OwnerTag.Of(network, attachment, MaxAlias);
    }

    /// <summary>The interface's name, 15 bytes.</summary>
    internal string Name { get; }

    /// <summary>The interface's alias.</summary>
    internal string Alias { get; }

    /// <summary>What the names of all of a network's links begin with.</summary>
    internal static string NetworkNamePrefix(string network) => NamePrefix + Text(Fnv1a.Hash64(network), NetworkDigits);

    /// <summary>True if the link, which has our name, is this attachment's, finished or not.</summary>
    internal bool Owns(Link link) => link.Kind == "veth" && (string.IsNullOrEmpty(link.Alias) || link.Alias == Alias);

    /// <summary>True if a link is one of the network's, finished or not.</summary>
    internal static bool BelongsTo(string network, Link link) =>
        link.Kind == "veth"
        && link.Name.Length == NamePrefix.Length + NetworkDigits + AttachmentDigits
        && link.Name.StartsWith(NetworkNamePrefix(network), StringComparison.Ordinal)
        && (string.IsNullOrEmpty(link.Alias) || OwnerTag.IsOf(network, link.Alias));

    private static string Text(ulong hash, int digits)
    {
        Span<char> text = stackalloc char[digits];
        for (var i = 0; i < digits; i++)
        {
            text[i] = Digits[(int)(hash >> (5 * i)) & 31];
        }

        return new string(text);
    }
}

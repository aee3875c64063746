using System.Text;
using Podwire.Cni;

namespace Podwire.CniBridge.Bridge;

/// <summary>
/// The remark on a kernel object that tells whose it is: <c>podwire:NETWORK/CONTAINER/IFNAME</c>, none of which can hold a '/'. Where
/// that is too long for the place, hashes of the network and of all three.
/// </summary>
internal static class OwnerTag
{
    private const string Prefix = "podwire:";

    /// <summary>The remark, of at most <paramref name="maxBytes"/> bytes (at least 42).</summary>
    internal static string Of(string network, AttachmentId attachment, int maxBytes)
    {
        var owner = $"{network}/{attachment.ContainerId}/{attachment.IfName}";
        var tag = Prefix + owner;
        return Encoding.UTF8.GetByteCount(tag) <= maxBytes ? tag : $"{Hashed(network)}{Fnv1a.Hash64(owner):x16}";
    }

    /// <summary>True for a remark of one of the network's attachments.</summary>
    internal static bool IsOf(string network, string? tag) =>
        tag is not null && (tag.StartsWith($"{Prefix}{network}/", StringComparison.Ordinal) || tag.StartsWith(Hashed(network), StringComparison.Ordinal));

    /// <summary>The container that a remark names; null if it is another's remark, or a hashed one.</summary>
    internal static string? ContainerOf(string? tag) =>
        tag is not null && tag.StartsWith(Prefix, StringComparison.Ordinal) && tag.Split('/') is [_, var container, _] ? container : null;

    private static string Hashed(string network) => $"{Prefix}#{Fnv1a.Hash64(network):x16}:";
}

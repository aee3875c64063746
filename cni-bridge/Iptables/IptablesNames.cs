using System.Text;

namespace Podwire.CniBridge.Iptables;

/// <summary>
/// The names that the reference gives: a node can go from its plugins to these and back because either finds what the other made.
/// They tell the network and the container, not the interface.
/// </summary>
internal static class IptablesNames
{
    // The reference's own limit, one below that of iptables (XT_EXTENSION_MAXNAMELEN).
    private const int MaxChain = 28;

    /// <summary>The chain of an attachment's masquerading, or with «DN-» of its host ports.</summary>
    internal static string Chain(string network, string containerId, string infix = "") =>
        $"CNI-{infix}{Convert.ToHexStringLower(Sha512.Hash(Encoding.UTF8.GetBytes(network + containerId)))}"[..MaxChain];

    /// <summary>The remark on its rules. Neither name can hold a character that would need an escape.</summary>
    internal static string Comment(string network, string containerId, string prefix = "") =>
        Cut($"{prefix}name: \"{network}\" id: \"{containerId}\"");

    /// <summary>The container that a remark of this network names; null for another's remark, and for one that was cut.</summary>
    internal static string? ContainerOf(string network, string? comment, string prefix = "")
    {
        var begin = $"{prefix}name: \"{network}\" id: \"";
        return comment is not null && comment.StartsWith(begin, StringComparison.Ordinal) && comment.EndsWith('"') && comment.Length > begin.Length
            ? comment[begin.Length..^1]
            : null;
    }

    // XT_MAX_COMMENT_LEN is 256 with the terminating zero.
    private static string Cut(string text) => text.Length <= 255 ? text : text[..252] + "...";
}

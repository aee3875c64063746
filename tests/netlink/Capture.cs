namespace Podwire.Netlink.Tests;

/// <summary>
/// Bytes that iproute2 6.1 and a 6.18 kernel exchanged, recorded with strace (-e write=all -e read=all). NAME.request is what
/// the program sent last, NAME.reply what the kernel answered.
/// </summary>
internal static class Capture
{
    internal static readonly string[] Names =
    [
        "bridge.request", "vxlan.request", "hairpin.request", "route.request", "route-metrics.request", "neighbour.request",
        "fdb.request", "address.request", "rule.request", "refused.request", "refused.reply", "links.reply", "routes.reply", "neighbours.reply",
        "ingress.request", "redirect.request", "qdiscs.reply", "redirects.reply", "vlan.request", "vlan-range.request", "macvlan.request",
    ];

    internal static byte[] Load(string name)
    {
        using var stream = typeof(Capture).Assembly.GetManifestResourceStream(name + ".hex")!;
        using var reader = new StreamReader(stream);
        return Convert.FromHexString(reader.ReadToEnd().ReplaceLineEndings(string.Empty));
    }
}

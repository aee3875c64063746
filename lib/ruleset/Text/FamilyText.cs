namespace Podwire.Ruleset;

internal static class FamilyText
{
    public static string ToText(this TableFamily family) => family switch
    {
        TableFamily.Inet => "inet",
        TableFamily.Ip => "ip",
        TableFamily.Ip6 => "ip6",
        TableFamily.Bridge => "bridge",
        TableFamily.Netdev => "netdev",
        _ => $"family{(int)family}",
    };
}

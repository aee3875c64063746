namespace Podwire.CniBridge.Tests;

/// <summary>What the tests of single plugins share: configurations, results made comparable, and the reference beside ours.</summary>
internal static class Plugins
{
    /// <summary>An attachment by the reference's or our bridge for chained plugins to work on; returns its result.</summary>
    public static string Bridged(Node node, string container = "c1", string version = "1.0.0", string? ipam = null) =>
        node.Add(container, node.Config(version: version, ipam: ipam)).Succeeds().Stdout.Trim();

    /// <summary>A plugin's configuration; <paramref name="more"/> begins with a comma.</summary>
    public static string Config(string type, string more = "", string version = "1.0.0", string name = "net") =>
        $$"""{"cniVersion":"{{version}}","name":"{{name}}","type":"{{type}}"{{more}}}""";

    /// <summary>With the list of valid attachments of a GC.</summary>
    public static string Valid(string config, params string[] containers) =>
        config.TrimEnd()[..^1] + ",\"cni.dev/valid-attachments\":[" + string.Join(',', containers.Select(c => $"{{\"containerID\":\"{c}\",\"ifname\":\"eth0\"}}")) + "]}";

    /// <summary>A result with what differs from call to call named instead: MAC addresses, and the container's namespace.</summary>
    public static string Comparable(Answer answer, Node node, string container)
    {
        answer.Succeeds();
        var text = System.Text.Json.Nodes.JsonNode.Parse(answer.Stdout)!.ToJsonString();
        text = System.Text.RegularExpressions.Regex.Replace(text, "(?:[0-9a-f]{2}:){5}[0-9a-f]{2}", "MAC");
        return text.Replace(node.PathOf(container), "NETNS", StringComparison.Ordinal);
    }

    /// <summary>Skips a test that compares with the reference where Debian's package is not installed.</summary>
    public static void NeedReference(string plugin) =>
        Assert.SkipUnless(CniExecutables.HasReference(plugin), $"lacks: Debian's containernetworking-plugins ({plugin})");
}

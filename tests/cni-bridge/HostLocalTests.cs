using System.Text.Json;

namespace Podwire.CniBridge.Tests;

/// <summary>host-local as an executable; what it leases is tested in tests/cni.</summary>
public class HostLocalTests
{
    [Fact]
    public void Add_ResolvConf_IsAnsweredAsDnsAsTheReferenceDoes()
    {
        using var node = new Node();
        node.Container("c1");
        var file = Path.Join(node.Folder, "resolv.conf");
        File.WriteAllText(file, "nameserver 192.0.2.53\nsearch a.example b.example\noptions ndots:2\n");
        var config = node.Config(ipam: node.Ipam($"\"subnet\":\"10.77.0.0/24\",\"resolvConf\":\"{file}\""), version: "1.0.0");
        var answer = node.Run("host-local", "ADD", config).Succeeds();
        var dns = answer.Json.GetProperty("dns");
        Assert.Equal("192.0.2.53", Assert.Single(dns.GetProperty("nameservers").EnumerateArray()).GetString());
        Assert.Equal(["a.example", "b.example"], dns.GetProperty("search").EnumerateArray().Select(e => e.GetString()));
        Assert.Equal("ndots:2", Assert.Single(dns.GetProperty("options").EnumerateArray()).GetString());
        node.Run("host-local", "DEL", config).Succeeds();
        Assert.Empty(node.Leases());
        Plugins.NeedReference("host-local");
        var theirs = node.Run("host-local", "ADD", config, path: CniExecutables.ReferencePath).Succeeds();
        Assert.True(JsonElement.DeepEquals(theirs.Json.GetProperty("dns"), dns), $"{theirs.Stdout}\n{answer.Stdout}");
    }
}

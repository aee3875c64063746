namespace Podwire.Arrows.Tests;

/// <summary>Who may reference whom. A new project is refused until it has its line here.</summary>
public class ArrowTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["lib/primitives"] = [],
        ["lib/ruleset"] = ["lib/primitives"],
        ["lib/netlink"] = ["lib/primitives", "lib/ruleset"],
        ["lib/iptables"] = ["lib/primitives", "lib/netlink"],
        ["lib/kube"] = ["lib/primitives"],
        ["lib/cni"] = ["lib/primitives"],
        ["lib/daemon"] = [],
        ["lib/bgp"] = ["lib/primitives"],
        ["cni-calico/bgp"] = ["lib/primitives", "lib/netlink", "lib/bgp", "lib/daemon"],
        ["cni-calico/ipam"] = ["lib/primitives", "lib/kube"],
        ["cni-calico/plugin"] = ["lib/primitives", "lib/cni", "lib/netlink"],
        ["cni-calico/agent"] = ["lib/primitives", "lib/ruleset", "lib/netlink", "lib/kube", "lib/daemon", "lib/bgp", "cni-calico/ipam", "cni-calico/bgp"],
        ["cni-bridge"] = ["lib/primitives", "lib/ruleset", "lib/cni", "lib/netlink"],
        ["cni-flannel/plugin"] = ["lib/primitives", "lib/cni", "lib/netlink"],
        ["cni-flannel/agent"] = ["lib/primitives", "lib/ruleset", "lib/netlink", "lib/iptables", "lib/kube", "lib/daemon"],
        ["proxy"] = ["lib/primitives", "lib/ruleset", "lib/netlink", "lib/iptables", "lib/kube", "lib/daemon"],
        ["netpolicy"] = ["lib/primitives", "lib/ruleset", "lib/netlink", "lib/iptables", "lib/kube", "lib/daemon"],
        ["controlplane/apiserver"] = ["lib/primitives", "lib/kube", "lib/daemon"],
        ["controlplane/controllers"] = ["lib/primitives", "lib/kube", "lib/daemon"],
        ["controlplane/kubelet"] = ["lib/primitives", "lib/cni", "lib/netlink", "lib/kube", "lib/daemon"],
        ["controlplane/cluster"] = ["lib/primitives", "lib/netlink", "lib/kube", "lib/daemon", "controlplane/apiserver"],
        ["controlplane/cnitool"] = ["lib/primitives", "lib/cni"],
        // Composition roots: nothing references them, and they alone see several products.
        ["deploy/bin"] = ["controlplane/apiserver", "controlplane/controllers", "controlplane/kubelet", "controlplane/cluster", "controlplane/cnitool", "cni-flannel/agent", "cni-calico/bgp", "cni-calico/agent", "proxy", "netpolicy", "lib/kube", "lib/daemon"],
        ["deploy/cni"] = ["cni-bridge", "cni-flannel/plugin", "lib/cni"],
        ["deploy/cni-calico"] = ["cni-calico/plugin", "lib/cni"],
        ["deploy/cni-chained"] = ["cni-bridge", "lib/cni"],
        ["deploy/sample"] = [],
    };

    public static TheoryData<string> Projects => [.. SourceTree.References.Keys];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_References_OnlyWhatItMay(string project)
    {
        Assert.True(Allowed.TryGetValue(project, out var allowed), $"{project} has no line in the table of arrows");
        Assert.Empty(SourceTree.References[project].Except(allowed));
    }

    [Fact]
    public void Table_NamesOnlyWhatExists() => Assert.Empty(Allowed.Keys.Except(SourceTree.References.Keys));

    [Fact]
    public void Ruleset_NeverReferencesNetlink() => Assert.DoesNotContain("lib/netlink", SourceTree.References["lib/ruleset"]);
}

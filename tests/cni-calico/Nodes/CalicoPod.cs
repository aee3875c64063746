using System.Text.Json.Nodes;
using Podwire.Netlink.Namespaces;
using Podwire.Primitives;

namespace Podwire.CniCalico.Tests.Nodes;

/// <summary>A pod on a node.</summary>
internal sealed record CalicoPod(CalicoNode Node, string Name, NetNamespace Namespace)
{
    public string ContainerId { get; init; } = $"c{Name}0123456789";

    public string Handle => $"k8s-pod-network.{ContainerId}";

    public JsonObject Result { get; private set; } = [];

    public IpAddress Address { get; private set; }

    /// <summary>The same pod by its IPv6 address.</summary>
    public CalicoPod ByV6 => this with { Address = Result["ips"]!.AsArray().Select(static ip => IpPrefix.Parse((string)ip!["address"]!).Address).Single(static address => address.IsV6) };

    /// <summary>ADD, which must go well.</summary>
    public CalicoPod Attach(Action<JsonObject>? more = null)
    {
        var (code, answer) = Node.Call("ADD", this, more: more);
        Assert.True(code == 0, $"{answer.ToJsonString()}\n{Node.Log}");
        Result = answer;
        Address = IpPrefix.Parse((string)answer["ips"]![0]!["address"]!).Address;
        return this;
    }
}

using System.Text;
using System.Text.Json.Nodes;
using Podwire.Cluster.Commands;
using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.Cluster.Nodes;

/// <summary>The routed network's objects and files, as an operator would write them.</summary>
internal static class CalicoNetwork
{
    /// <summary>The conflist that goes to the node's /etc/cni/net.d.</summary>
    public const string ConflistName = "10-calico.conflist";

    private const string ReflectorLabel = "route-reflector";
    private const string ClusterId = "10.89.255.1";
    private const string Api = "apis/crd.projectcalico.org/v1/";

    /// <summary>True for the modes of this network.</summary>
    public static bool IsCalico(string network) => network.StartsWith("calico-", StringComparison.Ordinal);

    /// <summary>True if sessions go to route reflectors instead of a full mesh.</summary>
    public static bool HasReflectors(string network) => network == "calico-rr";

    /// <summary>As Calico's manifest writes it, with the enforcer's step behind it where there is one.</summary>
    public static string Conflist(string node, UpOptions options) => $$"""
        {
          "name": "k8s-pod-network",
          "cniVersion": "1.0.0",
          "plugins": [
            {
              "type": "calico",
              "datastore_type": "kubernetes",
              "nodename": "{{node}}",
              "mtu": 0,
              "ipam": { "type": "calico-ipam" },
              "policy": { "type": "k8s" }
            },
            { "type": "portmap", "snat": true, "capabilities": { "portMappings": true } }{{(options.HasNetPolicy ? NodeFiles.EnforcersStep : string.Empty)}}
          ]
        }
        """;

    /// <summary>Definitions, the pool, and with reflectors who peers with whom. What is there stays.</summary>
    public static async Task ApplyAsync(KubeClient client, string network, CancellationToken cancel)
    {
        using var stream = typeof(CalicoNetwork).Assembly.GetManifestResourceStream("calico-crds.yaml")!;
        foreach (var definition in YamlToJson.ParseAll(await new StreamReader(stream, Encoding.UTF8).ReadToEndAsync(cancel).ConfigureAwait(false)))
        {
            await CreateAsync(client, "apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition, cancel).ConfigureAwait(false);
        }

        var pool = new JsonObject
        {
            ["cidr"] = Underlay.ClusterCidr,
            ["blockSize"] = 26,
            ["ipipMode"] = network == "calico-ipip" ? "Always" : "Never",
            ["vxlanMode"] = network == "calico-vxlan" ? "Always" : "Never",
            ["natOutgoing"] = true,
            ["nodeSelector"] = "all()",
        };
        await CreateAsync(client, Api + "ippools", Object("IPPool", "default-ipv4-ippool", pool), cancel).ConfigureAwait(false);
        await CreateAsync(client, Api + "bgpconfigurations", Object("BGPConfiguration", "default", new JsonObject { ["asNumber"] = 64512, ["nodeToNodeMeshEnabled"] = !HasReflectors(network) }), cancel).ConfigureAwait(false);
        if (HasReflectors(network))
        {
            var peers = new JsonObject { ["nodeSelector"] = "all()", ["peerSelector"] = $"has({ReflectorLabel})" };
            await CreateAsync(client, Api + "bgppeers", Object("BGPPeer", "to-reflectors", peers), cancel).ConfigureAwait(false);
        }
    }

    /// <summary>The first two nodes are reflectors, one for the other, once they are there.</summary>
    public static async Task MarkReflectorsAsync(KubeClient client, int nodes, CancellationToken cancel)
    {
        for (var number = 1; number <= Math.Min(2, nodes); number++)
        {
            var mark = new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["labels"] = new JsonObject { [ReflectorLabel] = "true" },
                    ["annotations"] = new JsonObject { ["projectcalico.org/RouteReflectorClusterID"] = ClusterId },
                },
            };
            var end = DateTime.UtcNow.AddSeconds(30);
            while (true)
            {
                try
                {
                    await client.PatchAsync(KubeResources.Nodes, null, Underlay.NodeName(number), KubePatch.Merge(mark), cancel).ConfigureAwait(false);
                    break;
                }
                catch (KubeApiException e) when (e.IsNotFound && DateTime.UtcNow < end)
                {
                    await Task.Delay(50, cancel).ConfigureAwait(false);
                }
            }
        }
    }

    private static JsonObject Object(string kind, string name, JsonObject spec) => new()
    {
        ["apiVersion"] = "crd.projectcalico.org/v1",
        ["kind"] = kind,
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = spec,
    };

    private static async Task CreateAsync(KubeClient client, string path, JsonNode value, CancellationToken cancel)
    {
        try
        {
            await client.SendRawAsync(HttpMethod.Post, path, Encoding.UTF8.GetBytes(value.ToJsonString()), null, cancel).ConfigureAwait(false);
        }
        catch (KubeApiException e) when (e.IsAlreadyExists)
        {
            // A second run: what the person made of it since is theirs.
        }
    }
}

using System.Text.Json.Nodes;
using Podwire.CniCalico.Agent.State;
using Podwire.CniCalico.Ipam.Api;
using Podwire.Primitives;

namespace Podwire.CniCalico.Agent.Compile;

/// <summary>
/// A Calico network's BGP objects as one speaker's configuration. Sessions: the full mesh of the nodes that are no reflectors, then what BGPPeers add.
/// IPv4 routes go over sessions between IPv4 addresses and IPv6 over IPv6. Pure.
/// </summary>
internal sealed partial class SpeakerCompiler
{
    private const uint DefaultAsn = 64512;
    private const string Excluded = "node.kubernetes.io/exclude-from-external-load-balancers";
    private readonly CalicoSnapshot snapshot;
    private readonly uint clusterAsn;
    private readonly uint asn;
    private readonly List<Problem> problems = [];
    private readonly List<PlannedRoute> ways = [];
    private readonly SortedDictionary<IpAddress, JsonObject> neighbors = [];
    private readonly Dictionary<IpAddress, string> peers = [];
    private readonly Dictionary<string, string> policyNames = new(StringComparer.Ordinal);
    private readonly JsonObject policies = [];

    private SpeakerCompiler(CalicoSnapshot snapshot)
    {
        this.snapshot = snapshot;
        clusterAsn = snapshot.Bgp.AsNumber ?? DefaultAsn;
        asn = snapshot.Self.Asn ?? clusterAsn;
    }

    /// <summary>Compiles; null while the node has no IPv4 address to be known by.</summary>
    public static SpeakerPlan? Compile(CalicoSnapshot snapshot) => snapshot.Self.V4.IsNone ? null : new SpeakerCompiler(snapshot).Run();

    private SpeakerPlan Run()
    {
        foreach (var peer in snapshot.Peers.OrderBy(static peer => peer.Metadata.Name, StringComparer.Ordinal))
        {
            AddPeer(peer);
        }

        var mesh = snapshot.Bgp.NodeToNodeMeshEnabled != false && !snapshot.Self.IsReflector ? AddMesh() : 0;
        var json = new JsonObject { ["asn"] = asn, ["routerId"] = snapshot.Self.V4.Address.ToString() };
        if (snapshot.Self.IsReflector)
        {
            json["clusterId"] = snapshot.Self.ClusterId.ToString();
        }

        json["listen"] = Listen();
        json["kernel"] = true;
        json["multipath"] = 64;
        json["stateSocket"] = snapshot.StateSocket;
        json["neighbors"] = Array(neighbors.Values);
        json["networks"] = Array(Networks().Select(static prefix => (JsonNode)prefix.ToString()));
        json["policies"] = policies;
        return new SpeakerPlan(json.ToJsonString(), Except(), mesh, ways, problems, peers);
    }

    private JsonArray Listen()
    {
        var port = snapshot.Bgp.ListenPort ?? NodeRecord.DefaultPort;
        var own = snapshot.Bgp.BindMode == "NodeIP";
        var list = new List<JsonNode> { End(own ? snapshot.Self.V4.Address : IpAddress.Any(IpFamily.V4)) };
        if (!own || !snapshot.Self.V6.IsNone)
        {
            list.Add(End(own ? snapshot.Self.V6.Address : IpAddress.Any(IpFamily.V6)));
        }

        return Array(list);

        JsonObject End(IpAddress address) => new() { ["address"] = address.ToString(), ["port"] = port };
    }

    /// <summary>How many nodes the mesh has, this one among them.</summary>
    private int AddMesh()
    {
        var count = 1;
        var password = Password("BGPConfiguration", "default", snapshot.Bgp.NodeMeshPassword, out var isMissing);
        foreach (var other in snapshot.Others)
        {
            if (other.IsReflector || isMissing)
            {
                continue;
            }

            var before = neighbors.Count;
            foreach (var (local, remote) in Pairs(other))
            {
                if (neighbors.ContainsKey(remote))
                {
                    continue;
                }

                var theirs = other.Asn ?? clusterAsn;
                var neighbor = Neighbor(remote, theirs, local, other.Name);
                Put(neighbor, "port", Port(other));
                Put(neighbor, "gracefulRestart", Seconds("BGPConfiguration", "default", "nodeMeshMaxRestartTime", snapshot.Bgp.NodeMeshMaxRestartTime, 4095));
                if (password is not null)
                {
                    neighbor["password"] = password;
                }

                neighbor["export"] = Policy(ExportRules(remote.Family, false, theirs, []), isExport: true);
                neighbors[remote] = neighbor;
            }

            count += neighbors.Count > before ? 1 : 0;
        }

        return count;
    }

    /// <summary>The port of another node's speaker; null where it is BGP's.</summary>
    private static int? Port(NodeRecord node) => node.Port == NodeRecord.DefaultPort ? null : node.Port;

    private static JsonObject Neighbor(IpAddress remote, uint theirs, IpAddress local, string description)
    {
        var neighbor = new JsonObject
        {
            ["address"] = remote.ToString(),
            ["asn"] = theirs,
            ["description"] = description,
            ["families"] = Array([remote.IsV4 ? "ipv4" : "ipv6"]),
        };
        if (!local.IsNone)
        {
            neighbor["sourceAddress"] = local.ToString();
        }

        return neighbor;
    }

    private IEnumerable<(IpAddress Local, IpAddress Remote)> Pairs(NodeRecord other)
    {
        if (!other.V4.IsNone && !snapshot.Self.V4.IsNone)
        {
            yield return (snapshot.Self.V4.Address, other.V4.Address);
        }

        if (!other.V6.IsNone && !snapshot.Self.V6.IsNone)
        {
            yield return (snapshot.Self.V6.Address, other.V6.Address);
        }
    }

    private string? Password(string kind, string name, BgpPassword? password, out bool isMissing)
    {
        isMissing = false;
        if (password?.SecretKeyRef is not { } key)
        {
            return null;
        }

        if (snapshot.Secrets.TryGetValue($"{key.Name}/{key.Key}", out var found) && found.Length is >= 1 and <= 80)
        {
            return found;
        }

        isMissing = true;
        problems.Add(new Problem(kind, name, $"the password's Secret {key.Name} in kube-system has no key {key.Key} of 1 to 80 characters: the session stays down"));
        return null;
    }

    private int? Seconds(string kind, string name, string field, string? duration, int most)
    {
        if (string.IsNullOrEmpty(duration))
        {
            return null;
        }

        if (Daemon.GoDuration.TryParse(duration, out var time) && time.TotalSeconds >= 0 && time.TotalSeconds <= most)
        {
            return (int)time.TotalSeconds;
        }

        problems.Add(new Problem(kind, name, $"spec.{field}: '{duration}' is not a duration of up to {most} s"));
        return null;
    }

    private static void Put(JsonObject json, string key, long? value)
    {
        if (value is { } number)
        {
            json[key] = number;
        }
    }

    private static JsonArray Array(IEnumerable<JsonNode> nodes)
    {
        var array = new JsonArray();
        foreach (var node in nodes)
        {
            array.Add(node);
        }

        return array;
    }

    private static JsonArray Array(IEnumerable<string> texts) => Array(texts.Select(static text => (JsonNode)JsonValue.Create(text)!));
}

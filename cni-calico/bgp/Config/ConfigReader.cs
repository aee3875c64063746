using System.Net;
using System.Text;
using System.Text.Json;
using Podwire.Bgp.Policy;
using Podwire.Bgp.Session;
using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.BgpDaemon.Config;

/// <summary>Reads a configuration file whole and checks it before anything is changed.</summary>
public sealed class ConfigReader
{
    private const string DefaultStateSocket = "/run/podwire-bgp/state.sock";
    private const int LongestPassword = 80;
    private readonly PolicyReader policyReader = new();

    /// <summary>Reads a file.</summary>
    /// <exception cref="ConfigException">It is not there, or cannot be used; the message names the file and the key.</exception>
    public ReflectorConfig Load(string path)
    {
        try
        {
            return Parse(File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ConfigException)
        {
            throw new ConfigException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Reads a text.</summary>
    /// <exception cref="ConfigException">It cannot be used; the message names the key.</exception>
    public ReflectorConfig Parse(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return Read(new ConfigObject(document.RootElement, string.Empty, ConfigKeys.Top));
        }
        catch (InvalidOperationException e)
        {
            // Half a surrogate pair: JSON allows \ud800 alone, a text cannot have it.
            throw new ConfigException("a name or text has half a character (\\uD800 to \\uDFFF come in pairs)", e);
        }
        catch (JsonException e)
        {
            // Its own message may repeat what follows, and with it passwords.
            throw new ConfigException($"line {e.LineNumber + 1}: not JSON from octet {e.BytePositionInLine + 1} on");
        }
    }

    private ReflectorConfig Read(ConfigObject top)
    {
        var policies = policyReader.Read(top);
        if (!top.Has("routerId"))
        {
            throw top.Missing("routerId");
        }

        var speaker = new SpeakerConfig
        {
            Asn = top.Required("asn", 1, uint.MaxValue),
            RouterId = top.AddressV4("routerId"),
            ClusterId = top.AddressV4("clusterId"),
            DeferralMilliseconds = (int)top.Number("deferral", 1, 3600, 60) * 1000,
        };
        var defaults = Families(top, new NeighborConfig { Address = default, Asn = 0 });
        defaults = Timers(top, defaults) with { ConnectRetryMilliseconds = (int)top.Number("connectRetry", 1, 3600, 5) * 1000 };
        var neighbors = top.Objects("neighbors", ConfigKeys.Neighbor).Select(entry => Neighbor(entry, defaults, policies)).ToArray();
        var twice = neighbors.GroupBy(static neighbor => neighbor.Session.Address).FirstOrDefault(static group => group.Count() > 1);
        if (twice is not null)
        {
            throw new ConfigException($"neighbors: {twice.Key} stands there twice");
        }

        var ranges = top.Objects("dynamicNeighbors", ConfigKeys.Range).Select(entry => Range(entry, defaults, policies)).ToArray();
        var listen = top.Names("listen") ? top.Objects("listen", ConfigKeys.Listen).Select(static entry => new ListenAddress(entry.RequiredAddress("address"), (int)entry.Number("port", 1, 65535, 179))).ToArray() : [new(IpAddress.Any(IpFamily.V4), 179), new(IpAddress.Any(IpFamily.V6), 179)];
        var socket = top.Names("stateSocket") ? top.Text("stateSocket") ?? string.Empty : DefaultStateSocket;
        if (Encoding.UTF8.GetByteCount(socket) > 107)
        {
            throw top.Wrong("stateSocket", "a path of up to 107 octets (unix(7))");
        }

        var metrics = top.Text("metrics") ?? string.Empty;
        if (metrics.Length > 0 && !(IPEndPoint.TryParse(metrics.StartsWith(':') ? "0.0.0.0" + metrics : metrics, out var end) && metrics.EndsWith($":{end.Port}", StringComparison.Ordinal)))
        {
            throw top.Wrong("metrics", "an address with a port, such as 127.0.0.1:9179");
        }

        return new ReflectorConfig
        {
            Speaker = speaker,
            Listen = listen,
            Neighbors = neighbors,
            Ranges = ranges,
            Networks = top.Prefixes("networks") ?? [],
            Kernel = top.Flag("kernel"),
            Multipath = (int)top.Number("multipath", 1, 64, 16),
            EndsGracefully = defaults.RestartSeconds > 0,
            StateSocket = socket,
            Metrics = metrics,
        };
    }

    private static NeighborSettings Neighbor(ConfigObject entry, NeighborConfig defaults, Dictionary<string, RoutePolicy> policies)
    {
        var address = entry.RequiredAddress("address");
        var source = entry.Address("sourceAddress");
        if (!source.IsNone && source.Family != address.Family)
        {
            throw entry.Wrong("sourceAddress", $"an address of {address}'s family");
        }

        var session = Session(entry, defaults, policies, 1) with
        {
            Address = address,
            IsPassive = entry.Flag("passive"),
            ConnectRetryMilliseconds = entry.Has("connectRetry") ? (int)entry.Number("connectRetry", 1, 3600, 5) * 1000 : defaults.ConnectRetryMilliseconds,
        };
        return Transport(entry, new NeighborSettings(session) { Port = (int)entry.Number("port", 1, 65535, 179), Source = source });
    }

    private static RangeSettings Range(ConfigObject entry, NeighborConfig defaults, Dictionary<string, RoutePolicy> policies)
    {
        var range = entry.RequiredPrefix("prefix");
        var session = Session(entry, defaults, policies, 0) with { Address = range.Address, IsPassive = true };
        return new RangeSettings(range, Transport(entry, new NeighborSettings(session)));
    }

    private static NeighborConfig Session(ConfigObject entry, NeighborConfig defaults, Dictionary<string, RoutePolicy> policies, uint leastAsn)
    {
        var session = Timers(entry, Families(entry, defaults));
        if (entry.Flag("nextHopSelf") && entry.Flag("keepNextHop"))
        {
            throw new ConfigException($"{entry.Path} has nextHopSelf and keepNextHop; one of them is to go");
        }

        return session with
        {
            Asn = entry.Required("asn", leastAsn, uint.MaxValue),
            LocalAsn = entry.Number("localAsn", 1, uint.MaxValue, 0),
            IsClient = entry.Flag("routeReflectorClient"),
            MaxPrefixes = (int)entry.Number("maxPrefixes", 0, int.MaxValue, 0),
            AllowOwnAs = (int)entry.Number("allowOwnAs", 0, 10, 0),
            NextHop = entry.Flag("nextHopSelf") ? NextHopMode.Self : entry.Flag("keepNextHop") ? NextHopMode.Keep : NextHopMode.Auto,
            Import = Policy(entry, "import", policies),
            Export = Policy(entry, "export", policies),
        };
    }

    private static NeighborConfig Families(ConfigObject entry, NeighborConfig defaults)
    {
        if (entry.Texts("families") is not { } families)
        {
            return defaults;
        }

        return families.Count > 0 && families.All(static family => family is "ipv4" or "ipv6")
            ? defaults with { V4 = families.Contains("ipv4"), V6 = families.Contains("ipv6") }
            : throw new ConfigException($"{entry.At("families")} takes ipv4, ipv6 or both");
    }

    private static NeighborConfig Timers(ConfigObject entry, NeighborConfig defaults)
    {
        var hold = (int)entry.Number("holdTime", 0, 65535, (uint)defaults.HoldSeconds);
        if (hold is 1 or 2)
        {
            throw entry.Wrong("holdTime", "0, or 3 to 65535");
        }

        var restart = entry.Has("gracefulRestart") && entry.Raw("gracefulRestart").ValueKind == JsonValueKind.False ? 0 : entry.Has("gracefulRestart") && entry.Raw("gracefulRestart").ValueKind == JsonValueKind.True ? 120 : (int)entry.Number("gracefulRestart", 0, 4095, (uint)defaults.RestartSeconds);
        return defaults with
        {
            HoldSeconds = hold,
            KeepaliveSeconds = entry.Has("keepaliveTime") ? (int)entry.Number("keepaliveTime", 1, 21845, 0) : defaults.KeepaliveSeconds,
            RestartSeconds = restart,
            AddPath = entry.Text("addPath") switch
            {
                null => defaults.AddPath,
                "none" => AddPathMode.None,
                "receive" => AddPathMode.Receive,
                "send" => AddPathMode.Send,
                "both" => AddPathMode.Receive | AddPathMode.Send,
                _ => throw entry.Wrong("addPath", "none, receive, send or both"),
            },
        };
    }

    private static RoutePolicy Policy(ConfigObject entry, string key, Dictionary<string, RoutePolicy> policies) =>
        entry.Text(key) is not { } name ? RoutePolicy.AcceptAll
        : policies.TryGetValue(name, out var policy) ? policy
        : throw new ConfigException($"{entry.At(key)}: there is no policy '{name}'");

    private static NeighborSettings Transport(ConfigObject entry, NeighborSettings settings)
    {
        var password = entry.Text("password");
        if (entry.Text("passwordFile") is { } file)
        {
            if (password is not null)
            {
                throw new ConfigException($"{entry.Path} has password and passwordFile; one of them is to go");
            }

            try
            {
                password = File.ReadLines(file).FirstOrDefault() ?? string.Empty;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new ConfigException($"{entry.At("passwordFile")}: {e.Message}", e);
            }
        }

        if (password is not null && Encoding.UTF8.GetByteCount(password) is < 1 or > LongestPassword)
        {
            throw new ConfigException($"{entry.Path}: a password has 1 to {LongestPassword} octets");
        }

        var security = entry.Has("ttlSecurity") && entry.Raw("ttlSecurity").ValueKind == JsonValueKind.Number;
        return settings with
        {
            Password = password,
            Hops = security ? (int)entry.Number("ttlSecurity", 1, 254, 0) : entry.Flag("ttlSecurity") ? 1 : 0,
            Description = entry.Text("description") ?? string.Empty,
        };
    }
}

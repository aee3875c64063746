namespace Podwire.BgpDaemon.Config;

/// <summary>Every key of the configuration file with what it takes; --help prints these, and a key that is not here is refused.</summary>
internal static class ConfigKeys
{
    public static readonly (string Key, string Help)[] Top =
    [
        ("asn", "this speaker's AS number, 1 to 4294967295; required"),
        ("routerId", "the BGP identifier, an IPv4 address; required"),
        ("clusterId", "the reflector's cluster (RFC 4456), an IPv4 address; routerId unless given"),
        ("listen", "array of {address, port}; 0.0.0.0 and :: port 179 unless given, [] for nowhere"),
        ("kernel", "true: best routes go into the kernel's main table; false unless given"),
        ("multipath", "how many next hops a kernel route may have, 1 to 64; 16 unless given"),
        ("neighbors", "array of neighbours with their addresses"),
        ("dynamicNeighbors", "array of networks whose machines may connect"),
        ("networks", "array of prefixes announced as own"),
        ("policies", "object of policies by name, for import and export"),
        ("stateSocket", "path of the unix socket for podwire bgp; /run/podwire-bgp/state.sock unless given, null for none"),
        ("metrics", "ADDRESS:PORT of /metrics and /healthz; null, unless given: nowhere"),
        ("deferral", "seconds a restarted speaker waits for its neighbours' routes at most, 1 to 3600; 60 unless given"),
        ("families", "for all neighbours; see below"),
        ("holdTime", "for all neighbours; see below"),
        ("keepaliveTime", "for all neighbours; see below"),
        ("connectRetry", "for all neighbours; see below"),
        ("gracefulRestart", "for all neighbours; see below"),
        ("addPath", "for all neighbours; see below"),
    ];

    public static readonly (string Key, string Help)[] Listen =
    [
        ("address", "this machine's address; required"),
        ("port", "TCP port; 179 unless given"),
    ];

    public static readonly (string Key, string Help)[] Session =
    [
        ("asn", "the neighbour's AS number; required, in a range 0 takes any"),
        ("localAsn", "another AS number of ours towards it"),
        ("description", "free text for tables"),
        ("routeReflectorClient", "true: it is told the routes of all others of the AS; false unless given"),
        ("password", "key of TCP MD5 signatures (RFC 2385), up to 80 octets; null unless given"),
        ("passwordFile", "a file whose first line is the password"),
        ("ttlSecurity", "GTSM (RFC 5082): true, or how many hops away it may be, 1 to 254; false unless given"),
        ("families", "array of ipv4, ipv6; both unless given"),
        ("holdTime", "seconds of silence after which the session ends, 0 or 3 to 65535; 90 unless given"),
        ("keepaliveTime", "seconds between keepalives, 1 to 21845; a third of the hold time unless given"),
        ("gracefulRestart", "seconds it may keep our routes while we restart (RFC 4724), 0 to 4095, false for 0; 120 unless given"),
        ("addPath", "none, receive, send or both (RFC 7911); none unless given"),
        ("maxPrefixes", "the session ends beyond so many prefixes; 0, for no bound, unless given"),
        ("allowOwnAs", "how often our AS may stand in a path from it, 0 to 10; 0 unless given"),
        ("nextHopSelf", "true: it is told this speaker as next hop of every route; false unless given"),
        ("keepNextHop", "true: it is told next hops unchanged, other ASes too; false unless given"),
        ("import", "name of the policy for routes from it; all are taken unless given"),
        ("export", "name of the policy for routes to it; all are told unless given"),
    ];

    public static readonly (string Key, string Help)[] Neighbor =
    [
        ("address", "its address; required"),
        ("port", "the TCP port to connect to; 179 unless given"),
        ("passive", "true: wait until it connects; false unless given"),
        ("sourceAddress", "this end's address"),
        ("connectRetry", "seconds between tries to connect, 1 to 3600; 5 unless given"),
        .. Session,
    ];

    public static readonly (string Key, string Help)[] Range = [("prefix", "the network; required"), .. Session];

    public static readonly (string Key, string Help)[] Policy =
    [
        ("rules", "array of rules; the first that matches decides"),
        ("otherwise", "accept or reject where no rule matches; accept unless given"),
    ];

    public static readonly (string Key, string Help)[] Rule =
    [
        ("action", "accept or reject; required"),
        ("within", "array of prefixes: the route lies in one of them"),
        ("notWithin", "array of prefixes: the route lies in none of them"),
        ("minLength", "the shortest prefix length, 0 to 128"),
        ("maxLength", "the longest prefix length, 0 to 128"),
        ("communities", "array of \"AS:NUMBER\": the route has all of them"),
        ("largeCommunities", "array of \"GLOBAL:LOCAL:LOCAL\" (RFC 8092): the route has all of them"),
        ("asPathPrefix", "array of AS numbers: the path begins with them"),
        ("own", "true: routes of this speaker; false: learned ones"),
        ("internal", "true: learned within the AS; false: learned from others"),
        ("metric", "the metric that an import policy gave the route, 0 to 4294967295; 0 for none"),
        ("addCommunities", "array of \"AS:NUMBER\" to add to accepted routes"),
        ("addLargeCommunities", "array of \"GLOBAL:LOCAL:LOCAL\" to add to accepted routes"),
        ("prepend", "array of AS numbers to put before the path, nearest first"),
        ("localPref", "another LOCAL_PREF for accepted routes"),
        ("setMetric", "the metric of accepted routes in the kernel, 0 (none) to 4294967295; of import policies"),
    ];

    /// <summary>The part of --help that lists them.</summary>
    public static string Help()
    {
        var text = new System.Text.StringBuilder();
        foreach (var (title, keys) in new[] { ("CONFIGURATION (JSON)", Top), ("listen[]", Listen), ("neighbors[]", Neighbor), ("dynamicNeighbors[]: as neighbors[] without address, port, passive, sourceAddress, connectRetry, and", Range[..1]), ("policies{}", Policy), ("policies{}.rules[]", Rule) })
        {
            text.Append(title).Append('\n');
            foreach (var (key, help) in keys)
            {
                text.Append("  ").Append(key.PadRight(21)).Append(help).Append('\n');
            }
        }

        return text.ToString();
    }
}

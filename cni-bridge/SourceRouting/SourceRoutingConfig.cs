using Podwire.Cni;
using Podwire.Netlink.Route;

namespace Podwire.CniBridge.SourceRouting;

/// <summary>The members of a configuration that are sbr's own, checked.</summary>
internal sealed record SourceRoutingConfig
{
    /// <summary><c>table</c>: the routing table to use; null for the first free ones from 100 up.</summary>
    internal uint? Table { get; private init; }

    /// <summary><c>addSourceHints</c>: routes get the address as their preferred source.</summary>
    internal bool AddSourceHints { get; private init; }

    /// <summary>Reads and checks.</summary>
    /// <exception cref="CniException">Code 6: a wrong type; 7: a table that has another meaning (linux/rtnetlink.h, RT_TABLE_*).</exception>
    internal static SourceRoutingConfig Parse(NetworkConfig config)
    {
        var read = new SourceRoutingConfig();
        var reader = new JsonObjectReader(config.Json, "the network configuration");
        while (reader.Next())
        {
            if (reader.Is("table"u8))
            {
                var table = reader.Int64();
                read = read with
                {
                    Table = table switch
                    {
                        0 => null,
                        > 0 and <= uint.MaxValue and not (RouteEntry.MainTable or RouteEntry.LocalTable or 253) => (uint)table,
                        _ => throw new CniException(CniErrorCode.InvalidNetworkConfig, $"\"table\" is not a routing table of one's own: {table}"),
                    },
                };
            }
            else if (reader.Is("addSourceHints"u8))
            {
                read = read with { AddSourceHints = reader.Boolean() };
            }
        }

        return read;
    }
}

using System.Buffers;
using System.Text.Json;
using Podwire.Bgp.Session;
using Podwire.Primitives;

namespace Podwire.BgpDaemon.State;

/// <summary>The speaker's state as JSON.</summary>
internal static class StateWriter
{
    private const int RoutesPerPiece = 256;

    public static ReadOnlyMemory<byte> Neighbors(BgpSpeaker speaker, Func<Neighbor, string> description, long now) => Document(json =>
    {
        json.WriteStartArray("neighbors");
        foreach (var neighbor in speaker.Neighbors.OrderBy(static neighbor => neighbor.Config.Address))
        {
            json.WriteStartObject();
            json.WriteString("address", neighbor.Config.Address.ToString());
            json.WriteNumber("asn", neighbor.Open?.Asn ?? neighbor.Config.Asn);
            json.WriteString("state", neighbor.State.ToString());
            json.WriteNumber("seconds", (now - neighbor.Since) / 1000);
            json.WriteString("routerId", neighbor.Open is { } open ? open.RouterId.ToString() : string.Empty);
            json.WriteBoolean("dynamic", neighbor.IsDynamic);
            json.WriteBoolean("client", neighbor.Config.IsClient);
            json.WriteNumber("prefixesIn", neighbor.Prefixes);
            json.WriteNumber("prefixesOut", speaker.Told(neighbor, IpFamily.V4) + speaker.Told(neighbor, IpFamily.V6));
            json.WriteNumber("updatesIn", neighbor.UpdatesIn);
            json.WriteNumber("messagesIn", neighbor.MessagesIn);
            json.WriteNumber("treatedAsWithdraw", neighbor.TreatedAsWithdraw);
            json.WriteNumber("established", neighbor.EstablishedCount);
            json.WriteNumber("outputOctets", neighbor.Session?.OutputLength ?? 0);
            json.WriteBoolean("stale", neighbor.HasStaleRoutes);
            json.WriteString("lastError", neighbor.LastError);
            json.WriteString("description", description(neighbor));
            Agreed(json, neighbor.Session?.Negotiated);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    public static ReadOnlyMemory<byte> Summary(BgpSpeaker speaker, SpeakerConfig config, int kernelRoutes) => Document(json =>
    {
        json.WriteNumber("asn", config.Asn);
        json.WriteString("routerId", config.RouterId.ToString());
        json.WriteString("clusterId", (config.ClusterId.IsNone ? config.RouterId : config.ClusterId).ToString());
        json.WriteBoolean("restarting", speaker.IsDeferring);
        json.WriteNumber("neighbors", speaker.Neighbors.Count());
        json.WriteNumber("established", speaker.Neighbors.Count(static neighbor => neighbor.State == SessionState.Established));
        json.WriteNumber("pathsV4", speaker.PathCount(IpFamily.V4));
        json.WriteNumber("pathsV6", speaker.PathCount(IpFamily.V6));
        json.WriteNumber("attributeSets", speaker.AttributeCount);
        json.WriteNumber("updateGroups", speaker.GroupCount);
        json.WriteNumber("kernelRoutes", kernelRoutes);
    });

    /// <summary>Every route, written as it is read: a table of a million routes is never in memory as text.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Routes(BgpSpeaker speaker)
    {
        yield return "{\"routes\":["u8.ToArray();
        var (buffer, separator) = (new ArrayBufferWriter<byte>(), false);
        foreach (var family in new[] { IpFamily.V4, IpFamily.V6 })
        {
            var inPiece = 0;
            foreach (var (prefix, routes) in speaker.AllRoutes(family))
            {
                if (separator)
                {
                    buffer.Write(","u8);
                }

                separator = true;
                using (var json = new Utf8JsonWriter(buffer))
                {
                    Prefix(json, prefix, routes);
                }

                if (++inPiece == RoutesPerPiece)
                {
                    yield return buffer.WrittenSpan.ToArray();
                    (buffer, inPiece) = (new ArrayBufferWriter<byte>(), 0);
                }
            }
        }

        buffer.Write("]}\n"u8);
        yield return buffer.WrittenSpan.ToArray();
    }

    public static ReadOnlyMemory<byte> Routes(BgpSpeaker speaker, IpPrefix prefix) => Document(json =>
    {
        json.WriteStartArray("routes");
        if (speaker.Routes(prefix) is { Count: > 0 } routes)
        {
            Prefix(json, prefix, routes);
        }

        json.WriteEndArray();
    });

    public static ReadOnlyMemory<byte> Explain(BgpSpeaker speaker, IpPrefix asked, IpPrefix? found) => Document(json =>
    {
        json.WriteString("asked", asked.ToString());
        json.WriteString("prefix", found?.ToString() ?? string.Empty);
        json.WriteStartArray("paths");
        foreach (var verdict in found is { } prefix ? speaker.Explain(prefix) : [])
        {
            json.WriteStartObject();
            Path(json, verdict.Route);
            json.WriteString("reason", verdict.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("toldTo");
        foreach (var neighbor in found is { } told ? speaker.ToldOf(told) : [])
        {
            json.WriteStringValue(neighbor.Config.Address.ToString());
        }

        json.WriteEndArray();
    });

    public static ReadOnlyMemory<byte> Error(string text) => Document(json => json.WriteString("error", text));

    private static void Prefix(Utf8JsonWriter json, IpPrefix prefix, IReadOnlyList<RouteEntry> routes)
    {
        json.WriteStartObject();
        json.WriteString("prefix", prefix.ToString());
        json.WriteStartArray("paths");
        foreach (var route in routes)
        {
            json.WriteStartObject();
            Path(json, route);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Path(Utf8JsonWriter json, RouteEntry route)
    {
        var attributes = route.Attributes;
        json.WriteString("nextHop", attributes.NextHop.IsNone ? "self" : attributes.NextHop.ToString());
        json.WriteString("from", route.From.IsNone ? "local" : route.From.ToString());
        json.WriteBoolean("best", route.IsBest);
        json.WriteBoolean("used", route.IsUsed);
        json.WriteBoolean("stale", route.IsStale);
        json.WriteNumber("pathId", route.PathId);
        json.WriteStartArray("asPath");
        foreach (var asn in attributes.AsNumbers())
        {
            json.WriteNumberValue(asn);
        }

        json.WriteEndArray();
        json.WriteNumber("origin", attributes.Origin);
        json.WriteNumber("localPref", attributes.LocalPref ?? 100);
        if (attributes.Med is { } med)
        {
            json.WriteNumber("med", med);
        }

        json.WriteStartArray("communities");
        foreach (var community in attributes.Communities)
        {
            json.WriteStringValue($"{community >> 16}:{community & 0xffff}");
        }

        json.WriteEndArray();
        if (attributes.OriginatorId is { } originator)
        {
            json.WriteString("originatorId", IpAddress.FromV4(originator).ToString());
        }

        json.WriteStartArray("clusterList");
        foreach (var cluster in attributes.ClusterList)
        {
            json.WriteStringValue(IpAddress.FromV4(cluster).ToString());
        }

        json.WriteEndArray();
    }

    private static void Agreed(Utf8JsonWriter json, Negotiated? agreed)
    {
        if (agreed is null)
        {
            return;
        }

        json.WriteStartObject("agreed");
        json.WriteBoolean("ipv4", agreed.V4);
        json.WriteBoolean("ipv6", agreed.V6);
        json.WriteBoolean("fourOctetAs", agreed.FourOctetAs);
        json.WriteBoolean("extendedMessages", agreed.ExtendedMessages);
        json.WriteBoolean("routeRefresh", agreed.RouteRefresh);
        json.WriteBoolean("enhancedRouteRefresh", agreed.EnhancedRouteRefresh);
        json.WriteString("addPathV4", agreed.AddPathV4.ToString());
        json.WriteString("addPathV6", agreed.AddPathV6.ToString());
        json.WriteNumber("holdTime", agreed.HoldSeconds);
        json.WriteBoolean("gracefulRestart", agreed.PeerRestart is not null);
        json.WriteEndObject();
    }

    private static ReadOnlyMemory<byte> Document(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenMemory;
    }
}

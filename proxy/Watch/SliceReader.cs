using System.Text.Json;
using Podwire.Primitives;
using Podwire.Proxy.State;
using Podwire.Proxy.Watch.Api;

namespace Podwire.Proxy.Watch;

/// <summary>Reads an EndpointSlice (discovery.k8s.io/v1) out of the stream of a list or a watch. Pure.</summary>
internal static class SliceReader
{
    /// <summary>Label that names the Service.</summary>
    public const string ServiceNameLabel = "kubernetes.io/service-name";

    // Lists of endpoints are grown in one place and copied out at their length: a list of a large cluster holds hundreds of thousands.
    [ThreadStatic]
    private static List<EndpointRecord>? scratch;

    /// <summary>The slice; the reader stands at the object's beginning and is left at its end.</summary>
    public static SliceObject Read(ref Utf8JsonReader json)
    {
        var reading = new Reading();
        var metadata = default(MetadataFields);
        string? type = null;
        List<SlicePort> ports = [];
        List<EndpointRecord> endpoints = [];
        while (JsonValue.NextProperty(ref json))
        {
            if (json.ValueTextEquals("metadata"u8))
            {
                metadata = MetadataFields.Read(ref json);
            }
            else if (json.ValueTextEquals("addressType"u8))
            {
                type = JsonValue.Name(ref json);
            }
            else if (json.ValueTextEquals("ports"u8))
            {
                ports = Ports(ref json, reading);
            }
            else if (json.ValueTextEquals("endpoints"u8))
            {
                endpoints = Endpoints(ref json, reading);
            }
            else
            {
                JsonValue.Pass(ref json);
            }
        }

        var record = Record(metadata, type, ports, endpoints, reading);
        return new()
        {
            Name = metadata.Name ?? string.Empty,
            Namespace = metadata.Namespace ?? string.Empty,
            Uid = metadata.Uid,
            Version = metadata.Version,
            Record = record,
            Problems = reading.Problems,
        };
    }

    private static SliceRecord? Record(in MetadataFields metadata, string? type, List<SlicePort> ports, List<EndpointRecord> endpoints, Reading reading)
    {
        if (metadata.IsForOthers || string.IsNullOrEmpty(metadata.Service))
        {
            reading.Forget();
            return null;
        }

        if (type is not ("IPv4" or "IPv6"))
        {
            reading.Forget();
            if (type != "FQDN")
            {
                reading.Skip($"addressType: '{type}' is not IPv4, IPv6 or FQDN");
            }

            return null;
        }

        var family = type == "IPv4" ? IpFamily.V4 : IpFamily.V6;
        foreach (var endpoint in endpoints)
        {
            if (endpoint.Address.Family != family)
            {
                reading.Skip($"endpoints: {endpoint.Address} is not of addressType {type}");
            }
        }

        endpoints.RemoveAll(endpoint => endpoint.Address.Family != family);
        return new()
        {
            Name = metadata.Name ?? string.Empty,
            Service = new(metadata.Namespace ?? string.Empty, metadata.Service),
            Version = metadata.Version ?? string.Empty,
            Family = family,
            Ports = [.. ports],
            Endpoints = [.. endpoints],
            TriggeredAt = metadata.TriggeredAt,
        };
    }

    private static List<SlicePort> Ports(ref Utf8JsonReader json, Reading reading)
    {
        var ports = new List<SlicePort>(4);
        if (!JsonValue.EnterArray(ref json))
        {
            return ports;
        }

        while (JsonValue.NextObject(ref json))
        {
            string? name = null, protocol = null;
            int? number = null;
            while (JsonValue.NextProperty(ref json))
            {
                if (json.ValueTextEquals("name"u8))
                {
                    name = JsonValue.Name(ref json);
                }
                else if (json.ValueTextEquals("protocol"u8))
                {
                    protocol = JsonValue.Name(ref json);
                }
                else if (json.ValueTextEquals("port"u8))
                {
                    number = JsonValue.Number(ref json);
                }
                else
                {
                    JsonValue.Pass(ref json);
                }
            }

            var field = new ReadingField("ports", name);
            if (reading.Protocol(field, protocol) is { } known && reading.Port(field, "port", number) is var port and > 0)
            {
                ports.Add(new(name ?? string.Empty, known, port));
            }
        }

        return ports;
    }

    private static List<EndpointRecord> Endpoints(ref Utf8JsonReader json, Reading reading)
    {
        var endpoints = scratch ??= [];
        endpoints.Clear();
        if (!JsonValue.EnterArray(ref json))
        {
            return endpoints;
        }

        while (JsonValue.NextObject(ref json))
        {
            if (Endpoint(ref json, reading) is { } endpoint)
            {
                endpoints.Add(endpoint);
            }
        }

        return endpoints;
    }

    private static EndpointRecord? Endpoint(ref Utf8JsonReader json, Reading reading)
    {
        IpAddress? address = null;
        var conditions = EndpointConditions.Ready | EndpointConditions.Serving;
        string? node = null;
        EndpointHints? hints = null;
        while (JsonValue.NextProperty(ref json))
        {
            if (json.ValueTextEquals("addresses"u8))
            {
                address = Address(ref json, reading);
            }
            else if (json.ValueTextEquals("conditions"u8))
            {
                conditions = Conditions(ref json);
            }
            else if (json.ValueTextEquals("nodeName"u8))
            {
                node = JsonValue.Name(ref json);
            }
            else if (json.ValueTextEquals("hints"u8))
            {
                hints = Hints(ref json);
            }
            else
            {
                JsonValue.Pass(ref json);
            }
        }

        if (address is null)
        {
            reading.Skip("endpoints: one has no address");
        }

        return address is not { IsNone: false } usable ? null : new EndpointRecord { Address = usable, Conditions = conditions, NodeName = node, Hints = hints };
    }

    /// <summary>The first address; no address (but not null) if it cannot be used and that was said.</summary>
    private static IpAddress? Address(ref Utf8JsonReader json, Reading reading)
    {
        IpAddress? first = null;
        if (!JsonValue.EnterArray(ref json))
        {
            return first;
        }

        Span<char> text = stackalloc char[64];
        while (JsonValue.NextString(ref json))
        {
            if (first is not null)
            {
                continue;
            }

            var fits = (json.HasValueSequence ? json.ValueSequence.Length : json.ValueSpan.Length) <= text.Length;
            if (!fits || !IpAddress.TryParse(text[..json.CopyString(text)], out var address))
            {
                reading.Skip($"endpoints: '{json.GetString()}' is not an IP address");
                first = default(IpAddress);
            }
            else if (address.IsLoopback || address.IsLinkLocal || address.IsUnspecified || address.IsMulticast)
            {
                // The API server refuses these too: they would make every node's own services reachable through a Service.
                reading.Skip($"endpoints: {address} cannot be an endpoint");
                first = default(IpAddress);
            }
            else
            {
                first = address;
            }
        }

        return first;
    }

    private static EndpointConditions Conditions(ref Utf8JsonReader json)
    {
        bool? ready = null, serving = null, terminating = null;
        if (JsonValue.EnterObject(ref json))
        {
            while (JsonValue.NextProperty(ref json))
            {
                if (json.ValueTextEquals("ready"u8))
                {
                    ready = JsonValue.Flag(ref json);
                }
                else if (json.ValueTextEquals("serving"u8))
                {
                    serving = JsonValue.Flag(ref json);
                }
                else if (json.ValueTextEquals("terminating"u8))
                {
                    terminating = JsonValue.Flag(ref json);
                }
                else
                {
                    JsonValue.Pass(ref json);
                }
            }
        }

        var isReady = ready ?? true;
        return (isReady ? EndpointConditions.Ready : 0) | (serving ?? isReady ? EndpointConditions.Serving : 0) | (terminating ?? false ? EndpointConditions.Terminating : 0);
    }

    private static EndpointHints? Hints(ref Utf8JsonReader json)
    {
        string[] zones = [], nodes = [];
        if (JsonValue.EnterObject(ref json))
        {
            while (JsonValue.NextProperty(ref json))
            {
                if (json.ValueTextEquals("forZones"u8))
                {
                    zones = Names(ref json);
                }
                else if (json.ValueTextEquals("forNodes"u8))
                {
                    nodes = Names(ref json);
                }
                else
                {
                    JsonValue.Pass(ref json);
                }
            }
        }

        return EndpointHints.Of(zones, nodes);
    }

    private static string[] Names(ref Utf8JsonReader json)
    {
        var names = new List<string>(1);
        if (JsonValue.EnterArray(ref json))
        {
            while (JsonValue.NextObject(ref json))
            {
                while (JsonValue.NextProperty(ref json))
                {
                    if (json.ValueTextEquals("name"u8) && JsonValue.Name(ref json) is { } name)
                    {
                        names.Add(name);
                    }
                    else if (json.TokenType == JsonTokenType.PropertyName)
                    {
                        JsonValue.Pass(ref json);
                    }
                }
            }
        }

        return [.. names];
    }
}

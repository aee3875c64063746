using Podwire.Primitives;
using Podwire.Proxy.State;
using Podwire.Proxy.Watch.Api;
using Conditions = Podwire.Proxy.State.EndpointConditions;

namespace Podwire.Proxy.Watch;

/// <summary>Reads an EndpointSlice (discovery.k8s.io/v1). Pure.</summary>
internal static class SliceReader
{
    /// <summary>Label that names the Service.</summary>
    public const string ServiceNameLabel = "kubernetes.io/service-name";

    private const string TriggerTimeAnnotation = "endpoints.kubernetes.io/last-change-trigger-time";

    /// <summary>The record; null if no Service of ours can use it.</summary>
    public static SliceRecord? Read(SliceObject slice, Reading reading)
    {
        var metadata = slice.Metadata;
        if (!metadata.Labels.TryGetValue(ServiceNameLabel, out var service) || service.Length == 0
            || metadata.Labels.ContainsKey(ServiceReader.HeadlessLabel) || metadata.Labels.ContainsKey(ServiceReader.ProxyNameLabel))
        {
            return null;
        }

        IpFamily? family = slice.AddressType switch { "IPv4" => IpFamily.V4, "IPv6" => IpFamily.V6, _ => null };
        if (family is null)
        {
            if (slice.AddressType != "FQDN")
            {
                reading.Skip($"addressType: '{slice.AddressType}' is not IPv4, IPv6 or FQDN");
            }

            return null;
        }

        return new()
        {
            Name = metadata.Name,
            Service = new(metadata.Namespace ?? string.Empty, service),
            Version = metadata.ResourceVersion ?? string.Empty,
            Family = family.Value,
            Ports = Ports(slice, reading),
            Endpoints = Endpoints(slice, family.Value, reading),
            TriggeredAt = metadata.Annotations.TryGetValue(TriggerTimeAnnotation, out var text) && DateTimeOffset.TryParse(text, out var time) ? time : null,
        };
    }

    private static SlicePort[] Ports(SliceObject slice, Reading reading)
    {
        var ports = new List<SlicePort>();
        foreach (var port in slice.Ports)
        {
            var field = $"ports[{port.Name}]";
            if (reading.Protocol(field, port.Protocol) is { } protocol && reading.Port($"{field}.port", port.Port) is var number and > 0)
            {
                ports.Add(new(port.Name ?? string.Empty, protocol, number));
            }
        }

        return [.. ports];
    }

    private static EndpointRecord[] Endpoints(SliceObject slice, IpFamily family, Reading reading)
    {
        var endpoints = new List<EndpointRecord>(slice.Endpoints.Count);
        foreach (var endpoint in slice.Endpoints)
        {
            if (endpoint.Addresses is not [var text, ..] || !IpAddress.TryParse(text, out var address))
            {
                reading.Skip($"endpoints: '{endpoint.Addresses?.FirstOrDefault()}' is not an IP address");
            }
            else if (address.Family != family)
            {
                reading.Skip($"endpoints: {address} is not of addressType {slice.AddressType}");
            }
            else if (address.IsLoopback || address.IsLinkLocal || address.IsUnspecified || address.IsMulticast)
            {
                // The API server refuses these too: they would make every node's own services reachable through a Service.
                reading.Skip($"endpoints: {address} cannot be an endpoint");
            }
            else
            {
                endpoints.Add(Endpoint(endpoint, address));
            }
        }

        return [.. endpoints];
    }

    private static EndpointRecord Endpoint(SliceEndpoint endpoint, IpAddress address)
    {
        var given = endpoint.Conditions;
        var ready = given?.Ready ?? true;
        var conditions = (ready ? Conditions.Ready : 0) | (given?.Serving ?? ready ? Conditions.Serving : 0) | (given?.Terminating ?? false ? Conditions.Terminating : 0);
        return new()
        {
            Address = address,
            Conditions = conditions,
            // Node and zone names repeat by the thousand; one string each is kept.
            NodeName = endpoint.NodeName is { } name ? string.Intern(name) : null,
            ZoneHints = endpoint.Hints is { } hints && hints.ForZones.Count > 0 ? [.. hints.ForZones.Select(static zone => string.Intern(zone.Name))] : [],
            NodeHints = endpoint.Hints is { } nodeHints && nodeHints.ForNodes.Count > 0 ? [.. nodeHints.ForNodes.Select(static node => string.Intern(node.Name))] : [],
        };
    }
}

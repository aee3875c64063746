using System.Text.Json;
using Podwire.Primitives;
using Podwire.Proxy.State;
using Podwire.Proxy.Watch.Api;

namespace Podwire.Proxy.Watch;

/// <summary>Reads a Service (core/v1) out of the stream of a list or a watch. Pure.</summary>
internal static class ServiceReader
{
    /// <summary>Label of a Service that another proxy serves (KEP-2447).</summary>
    public const string ProxyNameLabel = "service.kubernetes.io/service-proxy-name";

    /// <summary>Label of a Service that nobody serves (KEP-2447).</summary>
    public const string HeadlessLabel = "service.kubernetes.io/headless";

    private const int DefaultAffinitySeconds = 10800;

    /// <summary>The Service; the reader stands at the object's beginning and is left at its end.</summary>
    public static ServiceObject Read(ref Utf8JsonReader json)
    {
        var reading = new Reading();
        var metadata = default(MetadataFields);
        ServiceSpecFields? spec = null;
        List<string> ingress = [];
        while (JsonValue.NextProperty(ref json))
        {
            if (json.ValueTextEquals("metadata"u8))
            {
                metadata = MetadataFields.Read(ref json);
            }
            else if (json.ValueTextEquals("spec"u8))
            {
                spec = ServiceSpecFields.Read(ref json, reading);
            }
            else if (json.ValueTextEquals("status"u8))
            {
                ingress = Ingress(ref json);
            }
            else
            {
                JsonValue.Pass(ref json);
            }
        }

        return new()
        {
            Name = metadata.Name ?? string.Empty,
            Namespace = metadata.Namespace ?? string.Empty,
            Uid = metadata.Uid,
            Version = metadata.Version,
            Record = Record(metadata, spec, ingress, reading),
            Problems = reading.Problems,
        };
    }

    /// <summary>The record; null if the Service is not for a proxy: headless, ExternalName, not yet allocated, or another proxy's.</summary>
    private static ServiceRecord? Record(in MetadataFields metadata, ServiceSpecFields? spec, List<string> ingress, Reading reading)
    {
        if (spec is null || spec.Type == "ExternalName" || spec.ClusterIp is null or "" or "None" || metadata.IsForOthers)
        {
            reading.Forget();
            return null;
        }

        var isBalanced = spec.Type == "LoadBalancer";
        var ranges = isBalanced ? SourceRanges(spec.SourceRanges, reading) : [];
        if (isBalanced && ranges.Length == 0 && spec.SourceRanges.Count > 0)
        {
            // Somebody asked for a guard: an open door is the one thing that was not meant.
            reading.Skip("status.loadBalancer.ingress: left out, because none of spec.loadBalancerSourceRanges can be read");
            isBalanced = false;
        }

        return new()
        {
            Key = new(metadata.Namespace ?? string.Empty, metadata.Name ?? string.Empty),
            Uid = metadata.Uid ?? string.Empty,
            Version = metadata.Version ?? string.Empty,
            Created = metadata.Created,
            ClusterIps = reading.Addresses("spec.clusterIPs", spec.ClusterIps.Count > 0 ? spec.ClusterIps : [spec.ClusterIp]),
            ExternalIps = reading.Addresses("spec.externalIPs", spec.ExternalIps),
            LoadBalancerIps = isBalanced ? reading.Addresses("status.loadBalancer.ingress", ingress) : [],
            SourceRanges = ranges,
            Ports = [.. spec.Ports],
            AffinitySeconds = Affinity(spec, reading),
            InternalLocal = spec.InternalTrafficPolicy == "Local",
            ExternalLocal = spec.ExternalTrafficPolicy == "Local",
            HealthCheckNodePort = spec.HealthCheckNodePort is null or 0 ? (ushort)0 : reading.Port(new("spec", spec.Type), "healthCheckNodePort", spec.HealthCheckNodePort),
        };
    }

    private static List<string> Ingress(ref Utf8JsonReader json)
    {
        var addresses = new List<string>();
        if (!JsonValue.EnterObject(ref json))
        {
            return addresses;
        }

        while (JsonValue.NextProperty(ref json))
        {
            if (!json.ValueTextEquals("loadBalancer"u8))
            {
                JsonValue.Pass(ref json);
                continue;
            }

            if (!JsonValue.EnterObject(ref json))
            {
                continue;
            }

            while (JsonValue.NextProperty(ref json))
            {
                if (json.ValueTextEquals("ingress"u8) && JsonValue.EnterArray(ref json))
                {
                    ReadIngress(ref json, addresses);
                }
                else if (json.TokenType == JsonTokenType.PropertyName)
                {
                    JsonValue.Pass(ref json);
                }
            }
        }

        return addresses;
    }

    private static void ReadIngress(ref Utf8JsonReader json, List<string> addresses)
    {
        while (JsonValue.NextObject(ref json))
        {
            string? ip = null, mode = null;
            while (JsonValue.NextProperty(ref json))
            {
                if (json.ValueTextEquals("ip"u8))
                {
                    ip = JsonValue.Text(ref json);
                }
                else if (json.ValueTextEquals("ipMode"u8))
                {
                    mode = JsonValue.Name(ref json);
                }
                else
                {
                    JsonValue.Pass(ref json);
                }
            }

            // ipMode Proxy: the balancer rewrites the destination itself, so its address must not be short-cut here (KEP-1860).
            if (!string.IsNullOrEmpty(ip) && mode != "Proxy")
            {
                addresses.Add(ip);
            }
        }
    }

    private static IpPrefix[] SourceRanges(List<string> texts, Reading reading)
    {
        var ranges = new List<IpPrefix>(texts.Count);
        foreach (var text in texts)
        {
            if (IpPrefix.TryParse(text.AsSpan().Trim(), out var prefix))
            {
                ranges.Add(prefix.Masked);
            }
            else
            {
                reading.Skip($"spec.loadBalancerSourceRanges: '{text}' is not an address with a prefix length");
            }
        }

        return [.. ranges];
    }

    private static int Affinity(ServiceSpecFields spec, Reading reading)
    {
        if (spec.SessionAffinity != "ClientIP")
        {
            return 0;
        }

        var seconds = spec.AffinitySeconds ?? DefaultAffinitySeconds;
        if (seconds is >= 1 and <= 86400)
        {
            return seconds;
        }

        reading.Skip($"spec.sessionAffinityConfig.clientIP.timeoutSeconds: {seconds} is not between 1 and 86400; {DefaultAffinitySeconds} is used");
        return DefaultAffinitySeconds;
    }
}

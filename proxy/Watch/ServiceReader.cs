using Podwire.Kube.Objects;
using Podwire.Primitives;
using Podwire.Proxy.State;

namespace Podwire.Proxy.Watch;

/// <summary>Reads a Service (core/v1). Pure.</summary>
internal static class ServiceReader
{
    /// <summary>Label of a Service that another proxy serves (KEP-2447).</summary>
    public const string ProxyNameLabel = "service.kubernetes.io/service-proxy-name";

    /// <summary>Label of a Service that nobody serves (KEP-2447).</summary>
    public const string HeadlessLabel = "service.kubernetes.io/headless";

    private const int DefaultAffinitySeconds = 10800;

    /// <summary>The record; null if the Service is not for a proxy: headless, ExternalName, not yet allocated, or another proxy's.</summary>
    public static ServiceRecord? Read(Service service, Reading reading)
    {
        var (metadata, spec) = (service.Metadata, service.Spec);
        if (spec is null || spec.Type == "ExternalName" || spec.ClusterIP is null or "" or "None"
            || metadata.Labels.ContainsKey(ProxyNameLabel) || metadata.Labels.ContainsKey(HeadlessLabel))
        {
            return null;
        }

        return new()
        {
            Key = new(metadata.Namespace ?? string.Empty, metadata.Name),
            Uid = metadata.Uid ?? string.Empty,
            Version = metadata.ResourceVersion ?? string.Empty,
            Created = metadata.CreationTimestamp ?? default,
            ClusterIps = reading.Addresses("spec.clusterIPs", spec.ClusterIPs.Count > 0 ? spec.ClusterIPs : [spec.ClusterIP]),
            ExternalIps = reading.Addresses("spec.externalIPs", spec.ExternalIPs),
            LoadBalancerIps = LoadBalancerIps(service, reading),
            SourceRanges = SourceRanges(spec, reading),
            Ports = Ports(spec, reading),
            AffinitySeconds = Affinity(spec, reading),
            InternalLocal = spec.InternalTrafficPolicy == "Local",
            ExternalLocal = spec.ExternalTrafficPolicy == "Local",
            HealthCheckNodePort = spec.HealthCheckNodePort is null or 0 ? (ushort)0 : reading.Port("spec.healthCheckNodePort", spec.HealthCheckNodePort),
        };
    }

    private static List<IpAddress> LoadBalancerIps(Service service, Reading reading)
    {
        if (service.Spec!.Type != "LoadBalancer" || service.Status?.LoadBalancer is not { } balancer)
        {
            return [];
        }

        // ipMode Proxy: the balancer rewrites the destination itself, so its address must not be short-cut here (KEP-1860).
        return reading.Addresses("status.loadBalancer.ingress", balancer.Ingress.Where(static ingress => ingress.IPMode != "Proxy" && !string.IsNullOrEmpty(ingress.Ip)).Select(static ingress => ingress.Ip!));
    }

    private static List<IpPrefix> SourceRanges(ServiceSpec spec, Reading reading)
    {
        var ranges = new List<IpPrefix>();
        if (spec.Type != "LoadBalancer")
        {
            return ranges;
        }

        foreach (var text in spec.LoadBalancerSourceRanges)
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

        return ranges;
    }

    private static List<PortRecord> Ports(ServiceSpec spec, Reading reading)
    {
        var ports = new List<PortRecord>();
        foreach (var port in spec.Ports)
        {
            var field = $"spec.ports[{port.Name ?? port.Port.ToString()}]";
            if (reading.Protocol(field, port.Protocol) is { } protocol && reading.Port($"{field}.port", port.Port) is var number and > 0)
            {
                var nodePort = port.NodePort is null or 0 ? (ushort)0 : reading.Port($"{field}.nodePort", port.NodePort);
                ports.Add(new(port.Name ?? string.Empty, protocol, number, nodePort));
            }
        }

        return ports;
    }

    private static int Affinity(ServiceSpec spec, Reading reading)
    {
        if (spec.SessionAffinity != "ClientIP")
        {
            return 0;
        }

        var seconds = spec.SessionAffinityConfig?.ClientIP?.TimeoutSeconds ?? DefaultAffinitySeconds;
        if (seconds is >= 1 and <= 86400)
        {
            return seconds;
        }

        reading.Skip($"spec.sessionAffinityConfig.clientIP.timeoutSeconds: {seconds} is not between 1 and 86400; {DefaultAffinitySeconds} is used");
        return DefaultAffinitySeconds;
    }
}

using System.Text.Json;
using Podwire.Proxy.State;

namespace Podwire.Proxy.Watch;

/// <summary>What is read of a Service's spec (ServiceSpec, core/v1), as it stands there.</summary>
internal sealed class ServiceSpecFields
{
    /// <summary>type.</summary>
    public string? Type { get; private set; }

    /// <summary>clusterIP.</summary>
    public string? ClusterIp { get; private set; }

    /// <summary>clusterIPs.</summary>
    public List<string> ClusterIps { get; private set; } = [];

    /// <summary>externalIPs.</summary>
    public List<string> ExternalIps { get; private set; } = [];

    /// <summary>loadBalancerSourceRanges.</summary>
    public List<string> SourceRanges { get; private set; } = [];

    /// <summary>ports, without those that cannot be used.</summary>
    public List<PortRecord> Ports { get; } = new(4);

    /// <summary>sessionAffinity.</summary>
    public string? SessionAffinity { get; private set; }

    /// <summary>sessionAffinityConfig.clientIP.timeoutSeconds.</summary>
    public int? AffinitySeconds { get; private set; }

    /// <summary>internalTrafficPolicy.</summary>
    public string? InternalTrafficPolicy { get; private set; }

    /// <summary>externalTrafficPolicy.</summary>
    public string? ExternalTrafficPolicy { get; private set; }

    /// <summary>healthCheckNodePort.</summary>
    public int? HealthCheckNodePort { get; private set; }

    /// <summary>Reads the object behind the property's name; null if there is none.</summary>
    public static ServiceSpecFields? Read(ref Utf8JsonReader json, Reading reading)
    {
        if (!JsonValue.EnterObject(ref json))
        {
            return null;
        }

        var fields = new ServiceSpecFields();
        while (JsonValue.NextProperty(ref json))
        {
            fields.ReadProperty(ref json, reading);
        }

        return fields;
    }

    private void ReadProperty(ref Utf8JsonReader json, Reading reading)
    {
        if (json.ValueTextEquals("type"u8))
        {
            Type = JsonValue.Name(ref json);
        }
        else if (json.ValueTextEquals("clusterIP"u8))
        {
            ClusterIp = JsonValue.Text(ref json);
        }
        else if (json.ValueTextEquals("clusterIPs"u8))
        {
            ClusterIps = JsonValue.Texts(ref json);
        }
        else if (json.ValueTextEquals("externalIPs"u8))
        {
            ExternalIps = JsonValue.Texts(ref json);
        }
        else if (json.ValueTextEquals("loadBalancerSourceRanges"u8))
        {
            SourceRanges = JsonValue.Texts(ref json);
        }
        else if (json.ValueTextEquals("ports"u8))
        {
            ReadPorts(ref json, reading);
        }
        else if (json.ValueTextEquals("sessionAffinity"u8))
        {
            SessionAffinity = JsonValue.Name(ref json);
        }
        else if (json.ValueTextEquals("sessionAffinityConfig"u8))
        {
            ReadAffinity(ref json);
        }
        else if (json.ValueTextEquals("internalTrafficPolicy"u8))
        {
            InternalTrafficPolicy = JsonValue.Name(ref json);
        }
        else if (json.ValueTextEquals("externalTrafficPolicy"u8))
        {
            ExternalTrafficPolicy = JsonValue.Name(ref json);
        }
        else if (json.ValueTextEquals("healthCheckNodePort"u8))
        {
            HealthCheckNodePort = JsonValue.Number(ref json);
        }
        else
        {
            JsonValue.Pass(ref json);
        }
    }

    private void ReadPorts(ref Utf8JsonReader json, Reading reading)
    {
        if (!JsonValue.EnterArray(ref json))
        {
            return;
        }

        while (JsonValue.NextObject(ref json))
        {
            string? name = null, protocol = null;
            int? port = null, nodePort = null;
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
                    port = JsonValue.Number(ref json);
                }
                else if (json.ValueTextEquals("nodePort"u8))
                {
                    nodePort = JsonValue.Number(ref json);
                }
                else
                {
                    JsonValue.Pass(ref json);
                }
            }

            var field = new ReadingField("spec.ports", name ?? port?.ToString());
            if (reading.Protocol(field, protocol) is { } known && reading.Port(field, "port", port) is var number and > 0)
            {
                Ports.Add(new(name ?? string.Empty, known, number, nodePort is null or 0 ? (ushort)0 : reading.Port(field, "nodePort", nodePort)));
            }
        }
    }

    private void ReadAffinity(ref Utf8JsonReader json)
    {
        if (!JsonValue.EnterObject(ref json))
        {
            return;
        }

        while (JsonValue.NextProperty(ref json))
        {
            if (!json.ValueTextEquals("clientIP"u8))
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
                if (json.ValueTextEquals("timeoutSeconds"u8))
                {
                    AffinitySeconds = JsonValue.Number(ref json);
                }
                else
                {
                    JsonValue.Pass(ref json);
                }
            }
        }
    }
}

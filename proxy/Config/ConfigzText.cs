using Podwire.Primitives;
using System.Text;
using System.Text.Json;

namespace Podwire.Proxy.Config;

/// <summary>The configuration in force, as /configz answers it: kube-proxy's form, with the keys that have an effect here.</summary>
internal static class ConfigzText
{
    /// <summary>JSON.</summary>
    public static string Write(ProxyOptions options)
    {
        using var memory = new MemoryStream();
        using (var json = new Utf8JsonWriter(memory))
        {
            json.WriteStartObject();
            json.WriteStartObject("kubeproxy.config.k8s.io");
            json.WriteString("mode", ProxyValues.NameOf(options.Mode));
            json.WriteString("hostnameOverride", options.NodeName);
            json.WriteString("healthzBindAddress", options.HealthzBindAddress);
            json.WriteString("metricsBindAddress", options.MetricsBindAddress);
            json.WriteBoolean("bindAddressHardFail", options.BindAddressHardFail);
            json.WriteString("clusterCIDR", string.Join(',', options.ClusterCidrs));
            json.WriteString("detectLocalMode", options.DetectLocal switch
            {
                DetectLocalMode.ClusterCidr => "ClusterCIDR",
                DetectLocalMode.NodeCidr => "NodeCIDR",
                var mode => mode.ToString(),
            });
            json.WriteStartObject("detectLocal");
            json.WriteString("bridgeInterface", options.BridgeInterface ?? string.Empty);
            json.WriteString("interfaceNamePrefix", options.InterfaceNamePrefix ?? string.Empty);
            json.WriteEndObject();
            json.WriteStartArray("nodePortAddresses");
            foreach (var item in options.NodePorts.PrimaryOnly ? ["primary"] : options.NodePorts.Prefixes.Select(static prefix => prefix.ToString()))
            {
                json.WriteStringValue(item);
            }

            json.WriteEndArray();
            json.WriteStartObject("clientConnection");
            json.WriteString("kubeconfig", options.Kubeconfig ?? string.Empty);
            json.WriteEndObject();
            json.WriteStartObject("conntrack");
            json.WriteNumber("maxPerCore", options.ConntrackMaxPerCore);
            json.WriteNumber("min", options.ConntrackMin);
            json.WriteBoolean("tcpBeLiberal", options.ConntrackTcpBeLiberal);
            json.WriteEndObject();
            json.WriteStartObject(ProxyValues.NameOf(options.Mode));
            json.WriteBoolean("masqueradeAll", options.MasqueradeAll);
            json.WriteNumber("masqueradeBit", options.MasqueradeBit);
            json.WriteString("syncPeriod", Seconds(options.SyncPeriod));
            json.WriteString("minSyncPeriod", Seconds(options.MinSyncPeriod));
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(memory.GetBuffer(), 0, (int)memory.Length);
    }

    private static string Seconds(TimeSpan time) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###}s");
}

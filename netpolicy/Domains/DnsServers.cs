using System.Net;
using System.Net.Http;
using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.NetPolicy.Domains;

/// <summary>Finds the cluster's resolver.</summary>
internal static class DnsServers
{
    private const int Port = 53;
    private const string ResolvConf = "/etc/resolv.conf";

    /// <summary>
    /// Those that the flag names; else the Service kube-system/kube-dns; else, where there is none or it is not to be read, the node's own
    /// (/etc/resolv.conf).
    /// </summary>
    public static async Task<IReadOnlyList<IPEndPoint>> FindAsync(string? flag, KubeClient client, CancellationToken cancel)
    {
        if (!string.IsNullOrEmpty(flag))
        {
            return Parse(flag);
        }

        try
        {
            var service = await client.GetAsync(KubeResources.Services, "kube-system", "kube-dns", cancel).ConfigureAwait(false);
            var found = new List<IPEndPoint>();
            foreach (var text in service.Spec is { ClusterIPs: { Count: > 0 } all } ? all : [service.Spec?.ClusterIP ?? string.Empty])
            {
                if (IPAddress.TryParse(text, out var address))
                {
                    found.Add(new(address, Port));
                }
            }

            if (found.Count > 0)
            {
                return found;
            }
        }
        catch (Exception e) when (e is KubeApiException or HttpRequestException or IOException or TimeoutException)
        {
            // The node's own are asked.
        }

        return OfNode();
    }

    /// <summary>Reads <c>ADDRESS[:PORT],...</c>; an IPv6 address with a port stands in brackets.</summary>
    /// <exception cref="FormatException">Something is no address.</exception>
    public static IReadOnlyList<IPEndPoint> Parse(string text)
    {
        var found = new List<IPEndPoint>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (IPAddress.TryParse(part, out var address))
            {
                found.Add(new(address, Port));
            }
            else if (IPEndPoint.TryParse(part, out var point) && point.Port > 0)
            {
                found.Add(point);
            }
            else
            {
                throw new FormatException($"'{part}' is not an address, or an address with a port");
            }
        }

        return found.Count > 0 ? found : throw new FormatException("no address");
    }

    private static List<IPEndPoint> OfNode()
    {
        var found = new List<IPEndPoint>();
        try
        {
            foreach (var line in File.ReadLines(ResolvConf))
            {
                if (line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries) is ["nameserver", var text, ..] && IPAddress.TryParse(text, out var address))
                {
                    found.Add(new(address, Port));
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // None, then; asking says so.
        }

        return found;
    }
}

using System.Text;
using Podwire.Kube.Objects;

namespace Podwire.Kubelet.Pods;

/// <summary>A pod's host name, /etc/hosts and /etc/resolv.conf. Pure.</summary>
internal static class PodHosts
{
    private const int LongestHostname = 63;

    /// <summary>The host name inside the pod: spec.hostname or the pod's name, cut to what the kernel and DNS take.</summary>
    public static string Hostname(Pod pod)
    {
        var name = string.IsNullOrEmpty(pod.Spec.Hostname) ? pod.Metadata.Name : pod.Spec.Hostname;
        return name.Length > LongestHostname ? name[..LongestHostname].TrimEnd('-', '.') : name;
    }

    /// <summary>/etc/hosts of a pod with its own network.</summary>
    public static string Hosts(Pod pod, IReadOnlyList<string> addresses, string clusterDomain)
    {
        var text = new StringBuilder("# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n");
        var hostname = Hostname(pod);
        foreach (var address in addresses)
        {
            text.Append(address).Append('\t');
            text.Append(string.IsNullOrEmpty(pod.Spec.Subdomain) ? hostname : $"{hostname}.{pod.Spec.Subdomain}.{pod.Metadata.Namespace}.svc.{clusterDomain}\t{hostname}").Append('\n');
        }

        return AddAliases(text, pod);
    }

    /// <summary>/etc/hosts of a pod in the node's network: the node's own and the pod's aliases.</summary>
    public static string HostNetworkHosts(Pod pod, string nodeHosts) =>
        AddAliases(new StringBuilder("# Kubernetes-managed hosts file (host network).\n").Append(nodeHosts), pod);

    /// <summary>/etc/resolv.conf by dnsPolicy and dnsConfig.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="nodeConfig">The node's own resolv.conf.</param>
    /// <param name="clusterDns">--cluster-dns; without it ClusterFirst is the node's.</param>
    /// <param name="clusterDomain">--cluster-domain.</param>
    public static string ResolvConf(Pod pod, string nodeConfig, IReadOnlyList<string> clusterDns, string clusterDomain)
    {
        var servers = new List<string>();
        var searches = new List<string>();
        var options = new List<string>();
        var policy = pod.Spec.DnsPolicy ?? "ClusterFirst";
        var cluster = clusterDns.Count > 0 && (policy == "ClusterFirstWithHostNet" || (policy == "ClusterFirst" && pod.Spec.HostNetwork != true));
        if (policy != "None")
        {
            Read(nodeConfig, servers, searches, options);
        }

        if (cluster)
        {
            servers = [.. clusterDns];
            searches.InsertRange(0, [$"{pod.Metadata.Namespace}.svc.{clusterDomain}", $"svc.{clusterDomain}", clusterDomain]);
            options = ["ndots:5"];
        }

        if (pod.Spec.DnsConfig is { } config)
        {
            servers.AddRange(config.Nameservers);
            searches.AddRange(config.Searches);
            foreach (var option in config.Options)
            {
                options.RemoveAll(present => present.Split(':')[0] == option.Name);
                options.Add(string.IsNullOrEmpty(option.Value) ? option.Name : $"{option.Name}:{option.Value}");
            }
        }

        var text = new StringBuilder();
        foreach (var server in servers.Distinct())
        {
            text.Append("nameserver ").Append(server).Append('\n');
        }

        text.Append(searches.Count > 0 ? $"search {string.Join(' ', searches.Distinct())}\n" : "");
        return text.Append(options.Count > 0 ? $"options {string.Join(' ', options)}\n" : "").ToString();
    }

    private static void Read(string config, List<string> servers, List<string> searches, List<string> options)
    {
        foreach (var line in config.Split('\n'))
        {
            var words = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            switch (words is [var first, ..] ? first : "")
            {
                case "nameserver" when words.Length > 1:
                    servers.Add(words[1]);
                    break;
                case "search":
                    // The last one counts (resolv.conf(5)).
                    searches.Clear();
                    searches.AddRange(words[1..]);
                    break;
                case "options":
                    options.AddRange(words[1..]);
                    break;
            }
        }
    }

    private static string AddAliases(StringBuilder text, Pod pod)
    {
        if (pod.Spec.HostAliases.Count > 0)
        {
            text.Append("\n# Entries added by HostAliases.\n");
            foreach (var alias in pod.Spec.HostAliases)
            {
                text.Append(alias.Ip).Append('\t').AppendJoin('\t', alias.Hostnames).Append('\n');
            }
        }

        return text.ToString();
    }
}

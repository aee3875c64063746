using System.Text;
using Podwire.Kube.Objects;
using Podwire.Kubelet.Runtime;
using Podwire.Kubelet.Shim;

namespace Podwire.Kubelet.Pods;

/// <summary>Makes a shim's configuration of a container's specification.</summary>
/// <param name="paths">Where files go.</param>
/// <param name="volumes">The pod's volumes.</param>
/// <param name="options">DNS and logs.</param>
internal sealed class ContainerConfigBuilder(KubeletPaths paths, PodVolumes volumes, KubeletOptions options)
{
    /// <summary>The configuration of an attempt; files that it names are written.</summary>
    /// <exception cref="ConfigurationException">The specification cannot be followed; nothing is started.</exception>
    public ShimConfig Build(Pod pod, PodState state, Container container, int attempt, PodFacts facts)
    {
        Refuse(container);
        var environment = ContainerEnvironment.Of(pod, container, facts);
        List<string> command = [.. container.Command.Concat(container.Args).Select(word => VariableExpansion.Expand(word, environment))];
        if (command.Count == 0)
        {
            throw new ConfigurationException("CreateContainerError", "no command specified: image host has none of its own");
        }

        var user = container.SecurityContext?.RunAsUser ?? pod.Spec.SecurityContext?.RunAsUser;
        var group = container.SecurityContext?.RunAsGroup ?? pod.Spec.SecurityContext?.RunAsGroup;
        if ((container.SecurityContext?.RunAsNonRoot ?? pod.Spec.SecurityContext?.RunAsNonRoot) == true && (user ?? 0) == 0)
        {
            throw ConfigurationException.Config("container has runAsNonRoot and image will run as root");
        }

        List<uint> groups = [.. pod.Spec.SecurityContext?.SupplementalGroups.Select(id => (uint)id) ?? []];
        if (pod.Spec.SecurityContext?.FsGroup is { } fsGroup)
        {
            groups.Add((uint)fsGroup);
        }

        List<ShimMount> mounts = [.. NetworkFiles(pod, state, facts), .. volumes.Prepare(pod, container, facts, environment)];
        return new()
        {
            Command = command,
            Environment = [.. environment.Select(pair => $"{pair.Key}={pair.Value}")],
            WorkingDirectory = string.IsNullOrEmpty(container.WorkingDir) ? "/" : container.WorkingDir,
            NetworkNamespace = state.Sandbox?.NetworkNamespace,
            Hostname = pod.Spec.HostNetwork == true ? null : facts.Hostname,
            Mounts = mounts,
            User = (uint?)user,
            Group = (uint?)group,
            Groups = groups,
            LogPath = paths.Log(state, container.Name, attempt),
            LogMaxSize = options.ContainerLogMaxSize,
            LogMaxFiles = options.ContainerLogMaxFiles,
        };
    }

    /// <summary>What would be silently ignored is refused by name.</summary>
    private static void Refuse(Container container)
    {
        if (container.Tty == true || container.Stdin == true)
        {
            throw new ConfigurationException("CreateContainerError", "stdin and tty are not served by the built-in runtime");
        }

        if (container.SecurityContext?.ReadOnlyRootFilesystem == true)
        {
            throw new ConfigurationException("CreateContainerError", "securityContext.readOnlyRootFilesystem is not served by the built-in runtime");
        }

        if (new[] { container.StartupProbe, container.ReadinessProbe, container.LivenessProbe }.Any(probe => probe?.Grpc is not null))
        {
            throw new ConfigurationException("CreateContainerError", "grpc probes are not served by this kubelet");
        }
    }

    private IEnumerable<ShimMount> NetworkFiles(Pod pod, PodState state, PodFacts facts)
    {
        var hosts = Path.Combine(paths.Pod(state.Uid), "etc-hosts");
        var resolv = Path.Combine(paths.Pod(state.Uid), "resolv.conf");
        var hostsText = pod.Spec.HostNetwork == true ? PodHosts.HostNetworkHosts(pod, ReadIfThere("/etc/hosts")) : PodHosts.Hosts(pod, facts.PodIPs, options.ClusterDomain);
        Write(hosts, hostsText);
        Write(resolv, PodHosts.ResolvConf(pod, ReadIfThere(options.ResolvConf), options.ClusterDns, options.ClusterDomain));
        return [new(hosts, "/etc/hosts", Optional: true), new(resolv, "/etc/resolv.conf", Optional: true)];
    }

    private static string ReadIfThere(string path) => File.Exists(path) ? File.ReadAllText(path) : "";

    private static void Write(string path, string text)
    {
        // Written in place: a running container's bind mount is of this very file.
        if (!File.Exists(path) || File.ReadAllText(path) != text)
        {
            File.WriteAllText(path, text, new UTF8Encoding(false));
            File.SetUnixFileMode(path, (UnixFileMode)0x1A4);
        }
    }
}

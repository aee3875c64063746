using System.Text;
using System.Text.Json.Nodes;
using Podwire.Cni;
using Podwire.Kube.Objects;

namespace Podwire.Kubelet.Runtime;

/// <summary>The node's network as /etc/cni/net.d names it, through the plugins of the CNI specification.</summary>
/// <param name="runner">Calls the plugins.</param>
/// <param name="configDirectory">--cni-conf-dir.</param>
internal sealed class CniNetwork(CniRunner runner, string configDirectory) : INodeNetwork
{
    private const string InterfaceName = "eth0";

    /// <inheritdoc/>
    public async Task<string?> ProblemAsync(CancellationToken cancel)
    {
        string? refused = null;
        if (NetworkConfigList.LoadFirst(configDirectory, (path, error) => refused ??= $"{path}: {error.Message}") is not { } list)
        {
            return refused ?? $"no network configuration in {configDirectory}";
        }

        try
        {
            await runner.StatusAsync(list, cancel);
            return null;
        }
        catch (CniException error)
        {
            return $"network {list.Name}: {error.Message}";
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> AttachAsync(Pod pod, SandboxState sandbox, string configPath, CancellationToken cancel)
    {
        var list = NetworkConfigList.LoadFirst(configDirectory)
            ?? throw new CniException(CniErrorCode.InvalidNetworkConfig, $"no usable network configuration in {configDirectory}");

        // DEL is owed to exactly those plugins that got ADD, whatever the directory holds by then.
        AtomicFile.Write(configPath, list.Json.Span);
        AtomicFile.Write(PathFile(configPath), Encoding.UTF8.GetBytes(list.Path ?? ""));
        var result = await runner.AddAsync(
            list,
            Attachment(sandbox, sandbox.NetworkNamespace!, pod.Metadata.Namespace!, pod.Metadata.Name, pod.Metadata.Uid!) with { CapabilityArgs = PortMappings(pod) },
            cancel);

        // Addresses of an interface inside a sandbox; a result may name host interfaces too (CNI: «ips», «interface»).
        var addresses = result.Ips.Where(ip => ip.Interface is not { } index || !string.IsNullOrEmpty(result.Interfaces[index].Sandbox)).ToList();
        return addresses.Count > 0
            ? [.. addresses.Select(ip => ip.Address.Address.ToString())]
            : throw new CniException(CniErrorCode.InvalidNetworkConfig, $"network {list.Name} gave the pod no address");
    }

    /// <inheritdoc/>
    public async Task DetachAsync(PodState pod, SandboxState sandbox, string configPath, CancellationToken cancel)
    {
        if (!File.Exists(configPath))
        {
            return;
        }

        var path = File.Exists(PathFile(configPath)) ? File.ReadAllText(PathFile(configPath)) : "";
        var list = NetworkConfigList.Parse(File.ReadAllBytes(configPath), path.Length == 0 ? null : path);
        var netns = File.Exists(sandbox.NetworkNamespace) ? sandbox.NetworkNamespace : "";
        var attachment = Attachment(sandbox, netns, pod.Namespace, pod.Name, pod.Uid);
        if (runner.Cached(list.Name, sandbox.Id, InterfaceName) is { } cached)
        {
            attachment = attachment with { CapabilityArgs = cached.Attachment.CapabilityArgs };
        }

        await runner.DelAsync(list, attachment, cancel);
        File.Delete(PathFile(configPath));
        File.Delete(configPath);
    }

    private static string PathFile(string configPath) => configPath + ".path";

    private static CniAttachment Attachment(SandboxState sandbox, string netns, string podNamespace, string name, string uid) => new()
    {
        ContainerId = sandbox.Id,
        NetNs = netns,
        IfName = InterfaceName,
        Args =
        [
            new("IgnoreUnknown", "1"),
            new("K8S_POD_NAMESPACE", podNamespace),
            new("K8S_POD_NAME", name),
            new("K8S_POD_INFRA_CONTAINER_ID", sandbox.Id),
            new("K8S_POD_UID", uid),
        ],
    };

    private static Dictionary<string, ReadOnlyMemory<byte>> PortMappings(Pod pod)
    {
        var mappings = new JsonArray();
        foreach (var port in pod.Spec.Containers.SelectMany(container => container.Ports).Where(port => port.HostPort is > 0))
        {
            mappings.Add((JsonNode)new JsonObject
            {
                ["hostPort"] = port.HostPort,
                ["containerPort"] = port.ContainerPortNumber,
                ["protocol"] = (port.Protocol ?? "TCP").ToLowerInvariant(),
                ["hostIP"] = port.HostIP ?? "",
            });
        }

        return mappings.Count == 0 ? [] : new() { ["portMappings"] = Encoding.UTF8.GetBytes(mappings.ToJsonString()) };
    }
}

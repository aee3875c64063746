using Microsoft.Extensions.Logging;
using Podwire.CniFlannel.Agent.Apply;
using Podwire.CniFlannel.Agent.Config;
using Podwire.CniFlannel.Agent.State;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent;

/// <summary>Tells the other nodes of this one: flannel's annotations, and the condition NetworkUnavailable.</summary>
internal sealed class NodeAnnouncer(FlannelOptions options, NetConf netConf, FlannelAnnotations names, INodeRegistration registration, ILogger logger)
{
    /// <summary>Writes the annotations that differ.</summary>
    public async Task AnnotateAsync(Node self, FlannelSnapshot snapshot, CancellationToken cancel)
    {
        var wanted = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [names.SubnetKubeManaged] = "true",
            [names.BackendType] = netConf.Backend.Name,
        };
        foreach (var family in netConf.Families)
        {
            wanted[names.PublicIp(family)] = PublicIp(self, snapshot, family).ToString();
            wanted[names.BackendData(family)] = netConf.Backend.Type == BackendType.Vxlan
                ? new VxlanBackendData(netConf.Backend.Vni, snapshot.VtepMacs[family]).ToString()
                : "null";
        }

        if (!FlannelAnnotations.Hold(self, wanted))
        {
            await registration.AnnotateAsync(self, wanted, cancel).ConfigureAwait(false);
            var said = new List<string>(wanted.Count);
            foreach (var (name, value) in wanted)
            {
                said.Add($"{name}={value}");
            }

            FlannelLog.Annotated(logger, options.NodeName, string.Join(", ", said));
        }
    }

    /// <summary>Sets the condition, once.</summary>
    public async Task SetAvailableAsync(Node self, CancellationToken cancel)
    {
        if (!options.SetNodeNetworkUnavailable
            || self.Status.Conditions.Exists(static condition => condition is { Type: "NetworkUnavailable", Status: "False" }))
        {
            return;
        }

        try
        {
            await registration.SetNetworkAvailableAsync(self, cancel).ConfigureAwait(false);
        }
        catch (KubeApiException e)
        {
            // The data path is up; a server that refuses the condition must not take it for broken.
            FlannelLog.ConditionFailed(logger, options.NodeName, e.Message);
        }
    }

    /// <summary>An operator's overwriting annotation, else the flag, else the node's own annotation, else the interface's address.</summary>
    private IpAddress PublicIp(Node self, FlannelSnapshot snapshot, IpFamily family) =>
        Told(self, names.PublicIpOverwrite(family), family)
        ?? (family == IpFamily.V4 ? options.PublicIp : options.PublicIpV6)
        ?? Told(self, names.NodePublicIp(family), family)
        ?? snapshot.Underlay.Address(family)!.Value;

    private static IpAddress? Told(Node self, string annotation, IpFamily family) =>
        self.Metadata.Annotations.GetValueOrDefault(annotation) is not { Length: > 0 } text ? null
        : IpAddress.TryParse(text, out var address) && address.Family == family ? address
        : throw new OverlayException($"annotation {annotation} '{text}' of node {self.Metadata.Name} is not an IP{family.ToString().ToLowerInvariant()} address: correct or remove it");
}

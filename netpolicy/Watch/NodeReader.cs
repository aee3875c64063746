using Podwire.NetPolicy.State;
using Podwire.NetPolicy.Watch.Api;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Watch;

/// <summary>Reads a Node (core/v1). Pure.</summary>
internal static class NodeReader
{
    /// <summary>The record; what cannot be read is left out.</summary>
    public static NodeRecord Read(NodeObject node)
    {
        var addresses = new List<IpAddress>();
        foreach (var given in node.Status?.Addresses ?? [])
        {
            if (IpAddress.TryParse(given.Address, out var address) && !addresses.Contains(address))
            {
                addresses.Add(address);
            }
        }

        return new() { Name = node.Metadata.Name, Labels = LabelSet.Of(node.Metadata.Labels), Addresses = [.. addresses] };
    }
}

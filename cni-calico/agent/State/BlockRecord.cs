using Podwire.CniCalico.Ipam;
using Podwire.CniCalico.Ipam.Api;
using Podwire.Primitives;

namespace Podwire.CniCalico.Agent.State;

/// <summary>What of a block matters to routes: whose it is, and which of its addresses are on other nodes.</summary>
internal sealed record BlockRecord(IpPrefix Cidr, string? Node, IReadOnlyList<KeyValuePair<IpAddress, string>> Elsewhere)
{
    /// <summary>Reads an object; null if it makes no sense.</summary>
    public static BlockRecord? Read(IpamBlock block)
    {
        if (!IpPrefix.TryParse(block.Spec.Cidr, out var cidr) || cidr.Masked != cidr)
        {
            return null;
        }

        var node = CalicoNames.NodeOf(block.Spec.Affinity);
        var elsewhere = new List<KeyValuePair<IpAddress, string>>();
        var attributes = block.Spec.Attributes;
        var allocations = block.Spec.Allocations;
        for (var i = 0; i < (allocations?.Count ?? 0); i++)
        {
            if (allocations![i] is { } index && index >= 0 && index < (attributes?.Count ?? 0)
                && attributes![index].Secondary is { } secondary && secondary.TryGetValue("node", out var at) && at != node)
            {
                elsewhere.Add(KeyValuePair.Create(cidr.First.Add(i), at));
            }
        }

        return new BlockRecord(cidr, node, elsewhere);
    }

    /// <summary>What routes follow from, as text: a block that says the same makes no work.</summary>
    public static string FactsOf(IpamBlock? block)
    {
        if (block is null || Read(block) is not { } record)
        {
            return string.Empty;
        }

        return record.Elsewhere.Count == 0 ? $"{record.Cidr} {record.Node}" : $"{record.Cidr} {record.Node} {string.Join(' ', record.Elsewhere.Select(static pair => $"{pair.Key}@{pair.Value}"))}";
    }
}

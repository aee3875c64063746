using Podwire.Cni;
using Podwire.Netlink.Route;

namespace Podwire.CniBridge.Bridge;

/// <summary>The members <c>vlan</c>, <c>vlanTrunk</c> and <c>preserveDefaultVlan</c> of a configuration.</summary>
internal sealed record VlanOptions
{
    // IEEE 802.1Q: 0 and 4095 are reserved.
    private const int LastId = 4094;

    /// <summary>Nothing about VLANs.</summary>
    internal static VlanOptions None { get; } = new();

    /// <summary><c>vlan</c>: the VLAN of what the container sends and gets untagged; 0 for none.</summary>
    internal ushort Id { get; init; }

    /// <summary><c>vlanTrunk</c>: VLANs that the container sends and gets tagged.</summary>
    internal IReadOnlyList<BridgeVlan> Trunk { get; init; } = [];

    /// <summary><c>preserveDefaultVlan</c>: the port stays a member of the bridge's default VLAN, 1.</summary>
    internal bool PreserveDefault { get; init; } = true;

    /// <summary>True if the bridge has to filter VLANs.</summary>
    internal bool IsUsed => Id != 0 || Trunk.Count > 0;

    /// <summary>The first key that asks for it.</summary>
    internal string Key => Id != 0 ? "vlan" : "vlanTrunk";

    /// <summary>Reads a VLAN's number, 0 for none.</summary>
    /// <exception cref="CniException">Code 7: out of range.</exception>
    internal static ushort ReadId(int id) => id is >= 0 and <= LastId ? (ushort)id : throw Invalid($"\"vlan\" is not within 0 and {LastId}: {id}");

    /// <summary>Reads one element of <c>vlanTrunk</c>: an <c>id</c>, a range from <c>minID</c> to <c>maxID</c>, or both.</summary>
    /// <exception cref="CniException">Code 6: a wrong type; 7: out of range, or half a range.</exception>
    internal static IEnumerable<BridgeVlan> ReadTrunk(ReadOnlyMemory<byte> json)
    {
        int? id = null, first = null, last = null;
        var reader = new JsonObjectReader(json, "vlanTrunk");
        while (reader.Next())
        {
            if (reader.Is("id"u8))
            {
                id = reader.Int32OrNull();
            }
            else if (reader.Is("minID"u8))
            {
                first = reader.Int32OrNull();
            }
            else if (reader.Is("maxID"u8))
            {
                last = reader.Int32OrNull();
            }
        }

        var vlans = new List<BridgeVlan>();
        if (first is not null || last is not null)
        {
            if (first is not { } min || last is not { } max || min > max)
            {
                throw Invalid($"\"vlanTrunk\": minID and maxID go together, the smaller first: {first} and {last}");
            }

            vlans.Add(new(Tag(min), Tag(max)));
        }

        if (id is { } single)
        {
            vlans.Add(new(Tag(single), Tag(single)));
        }

        return vlans.Count > 0 ? vlans : throw Invalid("\"vlanTrunk\" has an element without id, minID and maxID");
    }

    /// <summary>What the port of an attachment is a member of, one VLAN each, ascending.</summary>
    internal List<BridgeVlan> Membership()
    {
        var vlans = new SortedDictionary<ushort, BridgeVlan>();
        if (PreserveDefault || !IsUsed)
        {
            vlans[BridgeVlans.DefaultId] = new(BridgeVlans.DefaultId, BridgeVlans.DefaultId) { Pvid = Id == 0, Untagged = true };
        }

        foreach (var range in Trunk)
        {
            for (var id = range.First; id <= range.Last; id++)
            {
                vlans[id] = new(id, id);
            }
        }

        if (Id != 0)
        {
            vlans[Id] = new(Id, Id) { Pvid = true, Untagged = true };
        }

        return [.. vlans.Values];
    }

    private static ushort Tag(int id) => id is > 0 and <= LastId ? (ushort)id : throw Invalid($"\"vlanTrunk\": a VLAN is not within 1 and {LastId}: {id}");

    private static CniException Invalid(string message) => new(CniErrorCode.InvalidNetworkConfig, message);
}

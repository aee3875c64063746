using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.Udp;

/// <summary>
/// Which node a packet goes to: pod subnets with the nodes' addresses. Immutable: the agent puts a new one in its place, and the forwarding
/// threads read whichever they find. The longest prefix wins; one hash probe for each length there is, which is one in a flannel network.
/// </summary>
internal sealed class SubnetTable
{
    /// <summary>No subnets.</summary>
    public static readonly SubnetTable Empty = Of([]);

    private readonly (int Length, uint Mask)[] lengths;
    private readonly Slot[] slots;
    private readonly uint slotMask;

    private SubnetTable((int Length, uint Mask)[] lengths, Slot[] slots)
    {
        this.lengths = lengths;
        this.slots = slots;
        slotMask = (uint)slots.Length - 1;
    }

    /// <summary>How many subnets.</summary>
    public int Count { get; private init; }

    /// <summary>A table of IPv4 subnets; of two equal ones the later wins.</summary>
    public static SubnetTable Of(IReadOnlyCollection<KeyValuePair<IpPrefix, IpAddress>> subnets)
    {
        var slots = new Slot[System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(8, subnets.Count * 2))];
        var lengths = new SortedSet<int>();
        var count = 0;
        foreach (var (prefix, node) in subnets)
        {
            lengths.Add(prefix.Length);
            var network = (uint)prefix.First.Value;
            var at = Hash(network, prefix.Length) & (uint)(slots.Length - 1);
            while (slots[at].Length != 0 && (slots[at].Network != network || slots[at].Length != prefix.Length + 1))
            {
                at = (at + 1) & (uint)(slots.Length - 1);
            }

            count += slots[at].Length == 0 ? 1 : 0;
            slots[at] = new Slot(network, (uint)node.Value, prefix.Length + 1);
        }

        var masks = new (int Length, uint Mask)[lengths.Count];
        var next = lengths.Count;
        foreach (var length in lengths)
        {
            masks[--next] = (length, length == 0 ? 0 : uint.MaxValue << (32 - length));
        }

        return new SubnetTable(masks, slots) { Count = count };
    }

    /// <summary>The node of a destination; both in host order. False if no subnet has it.</summary>
    public bool TryFind(uint destination, out uint node)
    {
        foreach (var (length, mask) in lengths)
        {
            var network = destination & mask;
            for (var at = Hash(network, length) & slotMask; slots[at].Length != 0; at = (at + 1) & slotMask)
            {
                if (slots[at].Network == network && slots[at].Length == length + 1)
                {
                    node = slots[at].Node;
                    return true;
                }
            }
        }

        node = 0;
        return false;
    }

    private static uint Hash(uint network, int length)
    {
        var mixed = (network ^ (uint)length) * 0x9E3779B1u;
        return mixed ^ (mixed >> 15);
    }

    // Length is the prefix's plus one, 0 for an empty slot.
    private readonly record struct Slot(uint Network, uint Node, int Length);
}

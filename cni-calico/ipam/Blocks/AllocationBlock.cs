using Podwire.CniCalico.Ipam.Api;
using Podwire.Primitives;

namespace Podwire.CniCalico.Ipam.Blocks;

/// <summary>
/// The arithmetic of one block, in Calico's fields: an address is free if its place in <c>allocations</c> is null, and then its number stands in
/// <c>unallocated</c>, from which the first is taken and to whose end those given back go. Changes the object it is made of; no I/O.
/// </summary>
public sealed class AllocationBlock
{
    private readonly IpamBlockSpec spec;

    /// <summary>Reads a block.</summary>
    /// <exception cref="FormatException">It contradicts itself; the message names the block and the field.</exception>
    public AllocationBlock(IpamBlockSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        this.spec = spec;
        if (!IpPrefix.TryParse(spec.Cidr, out var cidr) || cidr.Masked != cidr || cidr.Address.Bits - cidr.Length > 16)
        {
            throw new FormatException($"block '{spec.Cidr}': cidr is no network of at most 65536 addresses");
        }

        Cidr = cidr;
        Size = 1 << (cidr.Address.Bits - cidr.Length);
        spec.Allocations ??= [];
        spec.Attributes ??= [];
        spec.Unallocated ??= [];
        if (spec.Allocations.Count != Size)
        {
            throw new FormatException($"block {cidr}: allocations has {spec.Allocations.Count} entries instead of {Size}");
        }

        foreach (var index in spec.Allocations)
        {
            if (index is { } taken && (taken < 0 || taken >= spec.Attributes.Count))
            {
                throw new FormatException($"block {cidr}: allocations names attribute {taken} of {spec.Attributes.Count}");
            }
        }

        foreach (var ordinal in spec.Unallocated)
        {
            if (ordinal < 0 || ordinal >= Size || spec.Allocations[ordinal] is not null)
            {
                throw new FormatException($"block {cidr}: unallocated names {ordinal}, which is not free");
            }
        }
    }

    /// <summary>The block's network.</summary>
    public IpPrefix Cidr { get; }

    /// <summary>How many addresses it has.</summary>
    public int Size { get; }

    /// <summary>How many are free.</summary>
    public int Free => spec.Unallocated!.Count;

    /// <summary>True if none is taken.</summary>
    public bool IsEmpty => Free == Size;

    /// <summary>The node whose block it is; null for nobody's.</summary>
    public string? Node => CalicoNames.NodeOf(spec.Affinity);

    /// <summary>A new block.</summary>
    public static IpamBlockSpec Create(IpPrefix cidr, string node, bool strictAffinity)
    {
        var size = 1 << (cidr.Address.Bits - cidr.Length);
        var made = new IpamBlockSpec
        {
            Cidr = cidr.ToString(),
            Affinity = CalicoNames.Host(node),
            Allocations = new List<int?>(size),
            Attributes = [],
            Unallocated = new List<int>(size),
            StrictAffinity = strictAffinity,
        };
        for (var i = 0; i < size; i++)
        {
            made.Allocations.Add(null);
            made.Unallocated.Add(i);
        }

        return made;
    }

    /// <summary>The address of that number.</summary>
    public IpAddress Address(int ordinal) => Cidr.First.Add(ordinal);

    /// <summary>The number of an address of this block.</summary>
    public int Ordinal(IpAddress address) => (int)(address.Value - Cidr.First.Value);

    /// <summary>Takes the next free address that <paramref name="isReserved"/> does not hold back; null if there is none.</summary>
    public IpAddress? Take(string handle, Dictionary<string, string> attributes, Func<IpAddress, bool> isReserved)
    {
        ArgumentNullException.ThrowIfNull(isReserved);
        var free = spec.Unallocated!;
        for (var i = 0; i < free.Count; i++)
        {
            var address = Address(free[i]);
            if (!isReserved(address))
            {
                Take(free[i], i, handle, attributes);
                return address;
            }
        }

        return null;
    }

    /// <summary>Takes a certain address; false if it is taken.</summary>
    public bool TryTake(IpAddress address, string handle, Dictionary<string, string> attributes)
    {
        var ordinal = Ordinal(address);
        var place = spec.Unallocated!.IndexOf(ordinal);
        if (place < 0)
        {
            return false;
        }

        Take(ordinal, place, handle, attributes);
        return true;
    }

    /// <summary>The addresses of a handle.</summary>
    public List<IpAddress> AddressesOf(string handle)
    {
        var found = new List<IpAddress>();
        for (var i = 0; i < Size; i++)
        {
            if (spec.Allocations![i] is { } index && spec.Attributes![index].Primary == handle)
            {
                found.Add(Address(i));
            }
        }

        return found;
    }

    /// <summary>Whose an address is; null if it is free.</summary>
    public BlockAttribute? OwnerOf(IpAddress address) => spec.Allocations![Ordinal(address)] is { } index ? spec.Attributes![index] : null;

    /// <summary>Gives back all addresses of a handle; returns how many.</summary>
    public int Release(string handle)
    {
        var released = 0;
        for (var i = 0; i < Size; i++)
        {
            if (spec.Allocations![i] is { } index && spec.Attributes![index].Primary == handle)
            {
                spec.Allocations[i] = null;
                spec.Unallocated!.Add(i);
                spec.SequenceNumberForAllocation.Remove(Key(i));
                released++;
            }
        }

        if (released > 0)
        {
            spec.SequenceNumber++;
            DropAttributes();
        }

        return released;
    }

    /// <summary>Every taken address with its owner.</summary>
    public IEnumerable<KeyValuePair<IpAddress, BlockAttribute>> Taken()
    {
        for (var i = 0; i < Size; i++)
        {
            if (spec.Allocations![i] is { } index)
            {
                yield return KeyValuePair.Create(Address(i), spec.Attributes![index]);
            }
        }
    }

    private static string Key(int ordinal) => ordinal.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private void Take(int ordinal, int place, string handle, Dictionary<string, string> attributes)
    {
        spec.Unallocated!.RemoveAt(place);
        spec.Allocations![ordinal] = IndexOf(handle, attributes);
        spec.SequenceNumberForAllocation[Key(ordinal)] = spec.SequenceNumber;
        spec.SequenceNumber++;
    }

    private int IndexOf(string handle, Dictionary<string, string> attributes)
    {
        for (var i = 0; i < spec.Attributes!.Count; i++)
        {
            var there = spec.Attributes[i];
            if (there.Primary == handle && there.Secondary is { } secondary && secondary.Count == attributes.Count && Same(secondary, attributes))
            {
                return i;
            }
        }

        spec.Attributes.Add(new BlockAttribute { Primary = handle, Secondary = new Dictionary<string, string>(attributes, StringComparer.Ordinal) });
        return spec.Attributes.Count - 1;
    }

    private static bool Same(Dictionary<string, string> one, Dictionary<string, string> other)
    {
        foreach (var (key, value) in one)
        {
            if (!other.TryGetValue(key, out var there) || there != value)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Attributes that no address has go, and the numbers of the others move up.</summary>
    private void DropAttributes()
    {
        var used = new bool[spec.Attributes!.Count];
        foreach (var index in spec.Allocations!)
        {
            if (index is { } at)
            {
                used[at] = true;
            }
        }

        var moved = new int[used.Length];
        var kept = new List<BlockAttribute>(used.Length);
        for (var i = 0; i < used.Length; i++)
        {
            moved[i] = kept.Count;
            if (used[i])
            {
                kept.Add(spec.Attributes[i]);
            }
        }

        spec.Attributes = kept;
        for (var i = 0; i < Size; i++)
        {
            if (spec.Allocations[i] is { } at)
            {
                spec.Allocations[i] = moved[at];
            }
        }
    }
}

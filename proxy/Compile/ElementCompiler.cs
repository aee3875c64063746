using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Podwire.Primitives;
using Podwire.Proxy.State;
using Podwire.Ruleset;

namespace Podwire.Proxy.Compile;

/// <summary>Frontends and slots as map elements, and back.</summary>
internal static class ElementCompiler
{
    /// <summary>The element that leads to the frontend, with the map it is in.</summary>
    public static (NftMap Map, SetElement Element) Frontend(TableSchema schema, CompiledFrontend frontend)
    {
        var key = KeyOf(frontend.Key);
        return frontend.Verdict switch
        {
            FrontendVerdict.Forward => (frontend.Key.IsNodePort ? schema.ServiceNodePorts : schema.ServiceIps, SetElement.Map(key, frontend.Shared?.Goto ?? Verdict.Goto(frontend.OwnChain!), frontend.Comment)),
            var verdict => (frontend.Key.IsNodePort ? schema.NoEndpointNodePorts : schema.NoEndpointServices,
                SetElement.Map(key, verdict == FrontendVerdict.Reject ? ChainCompiler.Refuse : Verdict.Drop, frontend.Comment)),
        };
    }

    /// <summary>The element that sends the frontend through its source ranges.</summary>
    public static SetElement Firewall(CompiledFrontend frontend) => SetElement.Map(KeyOf(frontend.Key), Verdict.Goto(frontend.FirewallChain!), frontend.Comment);

    /// <summary>The map that holds the slots of a frontend.</summary>
    public static NftMap SlotMap(TableSchema schema, FrontendKey key) => key.IsNodePort ? schema.NodePortEndpoints : schema.ServiceEndpoints;

    /// <summary>One slot.</summary>
    public static SetElement Slot(FrontendKey key, int slot, EndpointAddress endpoint, string comment) =>
        SetElement.Map(SlotKey(key, slot), NftData.Of(endpoint.Address, NftScalar.Port(endpoint.Port)), comment);

    /// <summary>A cluster IP.</summary>
    public static SetElement ClusterIp(IpAddress address) => SetElement.Of((NftScalar)address);

    /// <summary>A local endpoint that may talk to itself.</summary>
    public static SetElement Hairpin(IpAddress address) => SetElement.Of(NftData.Of(address, address));

    /// <summary>Reads slots back from a table, so that what is in the kernel can stay where it is.</summary>
    public static Dictionary<FrontendKey, (EndpointAddress[] Slots, EndpointAddress[] LocalSlots)> ReadSlots(Table table)
    {
        var schema = TableSchema.Of(table.Id.Family == TableFamily.Ip ? IpFamily.V4 : IpFamily.V6);
        var found = new Dictionary<FrontendKey, (EndpointAddress[] Slots, EndpointAddress[] LocalSlots)>();
        foreach (var map in (NftMap[])[schema.ServiceEndpoints, schema.NodePortEndpoints])
        {
            if (table.FindSet(map.Name) is not { } actual || !actual.SameDeclaration(map))
            {
                continue;
            }

            var slots = new Dictionary<FrontendKey, SortedList<int, EndpointAddress>>();
            foreach (var element in actual.Elements)
            {
                var (key, slot) = ReadSlotKey(schema, element.Key.Span, map == schema.NodePortEndpoints);
                ref var list = ref CollectionsMarshal.GetValueRefOrAddDefault(slots, key, out _);
                (list ??= [])[slot] = ReadTarget(schema, element.Data.Span);
            }

            foreach (var (key, list) in slots)
            {
                found[key] = (Consecutive(list, 0), Consecutive(list, SharedChain.FirstLocalSlot));
            }
        }

        return found;
    }

    private static NftData KeyOf(FrontendKey key) => key.IsNodePort
        ? NftData.Of(key.Protocol, NftScalar.Port(key.Port))
        : NftData.Of(key.Address, key.Protocol, NftScalar.Port(key.Port));

    private static NftData SlotKey(FrontendKey key, int slot) => key.IsNodePort
        ? NftData.Of(key.Protocol, NftScalar.Port(key.Port), NftScalar.Integer((uint)slot))
        : NftData.Of(key.Address, key.Protocol, NftScalar.Port(key.Port), NftScalar.Integer((uint)slot));

    private static (FrontendKey Key, int Slot) ReadSlotKey(TableSchema schema, ReadOnlySpan<byte> bytes, bool nodePort)
    {
        var address = default(IpAddress);
        if (!nodePort)
        {
            var size = schema.Address.Size;
            address = IpAddress.FromBytes(bytes[..size]);
            bytes = bytes[size..];
        }

        return (new(address, (IpProtocol)bytes[0], BinaryPrimitives.ReadUInt16BigEndian(bytes[4..])), (int)MemoryMarshal.Read<uint>(bytes[8..]));
    }

    private static EndpointAddress ReadTarget(TableSchema schema, ReadOnlySpan<byte> bytes) =>
        new(IpAddress.FromBytes(bytes[..schema.Address.Size]), BinaryPrimitives.ReadUInt16BigEndian(bytes[schema.Address.Size..]));

    private static EndpointAddress[] Consecutive(SortedList<int, EndpointAddress> list, int first)
    {
        var slots = new List<EndpointAddress>();
        while (list.TryGetValue(first + slots.Count, out var endpoint))
        {
            slots.Add(endpoint);
        }

        return [.. slots];
    }
}

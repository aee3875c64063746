using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.Bench;

/// <summary>The service proxy's endpoint map for so many services of ten endpoints each.</summary>
internal static class ServiceTables
{
    public const int EndpointsPerService = 10;

    public static readonly TableId Id = new(TableFamily.Ip, "bench");

    public static readonly NftMap Declaration = new()
    {
        Name = "service-endpoints",
        Key = [KeyField.Of(Payload.IpDaddr), KeyField.Of(Meta.L4proto), KeyField.Of(Payload.ThDport), KeyField.Of(new Numgen(1))],
        Data = [KeyField.Of(Payload.IpDaddr), KeyField.Of(Payload.ThDport)],
    };

    public static SetElement[] Elements(int services)
    {
        var elements = new SetElement[services * EndpointsPerService];
        for (var i = 0; i < elements.Length; i++)
        {
            elements[i] = Element(i / EndpointsPerService, i % EndpointsPerService, (uint)i);
        }

        return elements;
    }

    public static SetElement Element(int service, int slot, uint endpoint) => SetElement.Map(
        NftData.Of(IpAddress.FromV4(0x0A600000u + (uint)service), IpProtocol.Tcp, NftScalar.Port(80), NftScalar.Integer((uint)slot)),
        NftData.Of(IpAddress.FromV4(0x0AF40000u + endpoint), NftScalar.Port(8080)),
        $"ns/service-{service}:http");

    public static Table Of(SetElement[] elements) => new() { Id = Id, Sets = [Declaration with { Elements = ValueList.Adopt(elements) }] };
}

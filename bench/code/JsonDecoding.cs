using BenchmarkDotNet.Attributes;
using Podwire.Kube.Json;
using Podwire.Kube.Objects;

namespace Podwire.Bench;

/// <summary>A list of endpoint slices as the API server sends it, to the records that the proxy reads.</summary>
[MemoryDiagnoser]
public class JsonDecoding
{
    private byte[] json = [];

    [Params(10, 1_000)]
    public int Slices { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var list = new KubeList<EndpointSlice>();
        for (var i = 0; i < Slices; i++)
        {
            var slice = new EndpointSlice { AddressType = "IPv4" };
            slice.Metadata.Name = $"service-{i}-abcde";
            slice.Metadata.Namespace = "ns";
            slice.Metadata.ResourceVersion = $"{1000 + i}";
            slice.Ports.Add(new EndpointPort { Name = "http", Port = 8080, Protocol = "TCP" });
            for (var n = 0; n < ServiceTables.EndpointsPerService; n++)
            {
                slice.Endpoints.Add(new Endpoint { Addresses = [$"10.244.{i % 256}.{n}"], NodeName = "node1", Conditions = new EndpointConditions { Ready = true } });
            }

            list.Items.Add(slice);
        }

        json = KubeJson.Serialize(list);
    }

    [Benchmark]
    public int Decode() => KubeJson.Deserialize<KubeList<EndpointSlice>>(json).Items.Count;
}

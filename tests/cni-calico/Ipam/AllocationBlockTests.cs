using System.Text.Json;
using System.Text.Json.Nodes;
using Podwire.CniCalico.Ipam.Api;
using Podwire.CniCalico.Ipam.Blocks;
using Podwire.Primitives;

namespace Podwire.CniCalico.Tests.Ipam;

public class AllocationBlockTests
{
    private static readonly Func<IpAddress, bool> None = static _ => false;

    [Fact]
    public void Block_OfFourAddresses_HasCalicosShape()
    {
        var spec = AllocationBlock.Create(IpPrefix.Parse("10.244.0.4/30"), "node1", strictAffinity: false);
        var block = new AllocationBlock(spec);
        Assert.Equal(IpAddress.Parse("10.244.0.4"), block.Take("k8s-pod-network.aa", Attributes("a"), None));
        Assert.Equal(IpAddress.Parse("10.244.0.5"), block.Take("k8s-pod-network.bb", Attributes("b"), None));
        Assert.Equal(1, block.Release("k8s-pod-network.aa"));
        var json = JsonSerializer.SerializeToNode(new IpamBlock { Metadata = { Name = "10-244-0-4-30" }, Spec = spec }, CalicoResources.IpamBlocks.ItemInfo)!;
        var expected = """
            {"allocations":[null,0,null,null],"attributes":[{"handle_id":"k8s-pod-network.bb","secondary":{"namespace":"default","node":"node1","pod":"b"}}],
            "unallocated":[2,3,0],"cidr":"10.244.0.4/30","affinity":"host:node1","strictAffinity":false,"deleted":false,"sequenceNumber":3,"sequenceNumberForAllocation":{"1":1}}
            """;
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), json["spec"]), json["spec"]!.ToJsonString());
    }

    [Fact]
    public void Full_TakesNothing_AndWhatComesBackIsTakenLast()
    {
        var block = Of("fd00::/126");
        var taken = Enumerable.Range(0, 4).Select(i => block.Take($"h{i}", Attributes("p"), None)!.Value).ToArray();
        Assert.Equal(["fd00::", "fd00::1", "fd00::2", "fd00::3"], taken.Select(address => address.ToString()));
        Assert.Null(block.Take("h5", Attributes("p"), None));
        block.Release("h2");
        block.Release("h1");
        Assert.Equal(IpAddress.Parse("fd00::2"), block.Take("h6", Attributes("p"), None));
        Assert.Equal(0, block.Release("h2"));
        Assert.False(block.TryTake(IpAddress.Parse("fd00::3"), "h7", Attributes("p")));
        Assert.True(block.TryTake(IpAddress.Parse("fd00::1"), "h7", Attributes("p")));
    }

    [Fact]
    public void Reserved_IsLeftOut_UnlessNamed()
    {
        var block = Of("10.0.0.0/30");
        Assert.Equal(IpAddress.Parse("10.0.0.1"), block.Take("h", Attributes("p"), static address => address == IpAddress.Parse("10.0.0.0")));
        Assert.True(block.TryTake(IpAddress.Parse("10.0.0.0"), "i", Attributes("p")));
    }

    [Fact]
    public void RandomHistory_AgreesWithADictionary()
    {
        var random = new Random(7);
        var spec = AllocationBlock.Create(IpPrefix.Parse("10.244.9.64/26"), "n", false);
        var block = new AllocationBlock(spec);
        var model = new Dictionary<IpAddress, string>();
        for (var i = 0; i < 20_000; i++)
        {
            var handle = $"h{random.Next(90)}";
            switch (random.Next(3))
            {
                case 0:
                    var taken = block.Take(handle, Attributes($"p{random.Next(2)}"), None);
                    Assert.Equal(model.Count == 64, taken is null);
                    if (taken is { } address)
                    {
                        model.Add(address, handle);
                    }

                    break;
                case 1:
                    var certain = block.Address(random.Next(64));
                    Assert.Equal(model.TryAdd(certain, handle), block.TryTake(certain, handle, Attributes("p0")));
                    break;
                default:
                    var there = model.Where(pair => pair.Value == handle).Select(pair => pair.Key).ToArray();
                    Assert.Equal(there.Order(), block.AddressesOf(handle).Order());
                    Assert.Equal(there.Length, block.Release(handle));
                    Array.ForEach(there, gone => model.Remove(gone));
                    break;
            }

            // It reads back, and says the same.
            if (i % 100 == 0)
            {
                var read = new AllocationBlock(spec);
                Assert.Equal(model.OrderBy(pair => pair.Key), read.Taken().Select(pair => KeyValuePair.Create(pair.Key, pair.Value.Primary!)));
                Assert.Equal(64 - model.Count, read.Free);
                Assert.Equal(model.Count, spec.SequenceNumberForAllocation.Count);
            }
        }
    }

    [Theory]
    [InlineData("10.0.0.1/30", 4, "cidr")]
    [InlineData("10.0.0.0/8", 4, "cidr")]
    [InlineData("nonsense", 4, "cidr")]
    [InlineData("10.0.0.0/30", 5, "allocations")]
    public void Nonsense_IsNamed(string cidr, int count, string field)
    {
        var spec = new IpamBlockSpec { Cidr = cidr, Allocations = [.. new int?[count]] };
        Assert.Contains(field, Assert.Throws<FormatException>(() => new AllocationBlock(spec)).Message);
    }

    [Fact]
    public void IndexesOutOfRange_AreNamed()
    {
        Assert.Contains("attribute 1 of 0", Assert.Throws<FormatException>(() => new AllocationBlock(new IpamBlockSpec { Cidr = "10.0.0.0/31", Allocations = [1, null], Unallocated = [1] })).Message);
        Assert.Contains("unallocated names 7", Assert.Throws<FormatException>(() => new AllocationBlock(new IpamBlockSpec { Cidr = "10.0.0.0/31", Allocations = [null, null], Unallocated = [7] })).Message);
    }

    private static AllocationBlock Of(string cidr) => new(AllocationBlock.Create(IpPrefix.Parse(cidr), "node1", false));

    private static Dictionary<string, string> Attributes(string pod) => new() { ["namespace"] = "default", ["node"] = "node1", ["pod"] = pod };
}

using System.Text.Json.Nodes;
using Podwire.ApiServer.Resources;
using Podwire.ApiServer.Rest;
using Podwire.ApiServer.Services;
using Podwire.Primitives;

namespace Podwire.ApiServer.Tests;

/// <summary>ClusterIPs and NodePorts: none twice, none lost.</summary>
public class AllocatorTests
{
    private static readonly ApiResource Services = new ResourceCatalog(BuiltInResources.Create())["", "v1", "services"];

    [Fact]
    public void Addresses_OfASmallRange_AreAllHandedOutOnce()
    {
        var allocator = new IpAllocator(IpPrefix.Parse("10.0.0.0/28"));
        var seen = new HashSet<IpAddress>();
        while (allocator.TryTakeNext(out var address))
        {
            Assert.True(seen.Add(address));
            Assert.True(allocator.IsInRange(address));
        }

        Assert.Equal(14, seen.Count);
        Assert.DoesNotContain(IpAddress.Parse("10.0.0.0"), seen);
        Assert.DoesNotContain(IpAddress.Parse("10.0.0.15"), seen);
        allocator.Release(IpAddress.Parse("10.0.0.7"));
        Assert.True(allocator.TryTakeNext(out var again));
        Assert.Equal(IpAddress.Parse("10.0.0.7"), again);
    }

    [Fact]
    public void Addresses_OfALargeRange_LeaveTheLowOnesToThoseWhoNameThem()
    {
        var allocator = new IpAllocator(IpPrefix.Parse("10.96.0.0/16"));
        for (var i = 0; i < 500; i++)
        {
            Assert.True(allocator.TryTakeNext(out var address));
            Assert.True(address > IpAddress.Parse("10.96.1.0"));
        }
    }

    [Fact]
    public void Ports_OfARange_AreAllHandedOutOnce()
    {
        var allocator = new PortAllocator(30000, 30039);
        var seen = new HashSet<int>();
        for (var port = allocator.TakeNext(); port != 0; port = allocator.TakeNext())
        {
            Assert.True(seen.Add(port));
        }

        Assert.Equal(40, seen.Count);
    }

    /// <summary>Random creates, updates, failures and deletes: what is out is always just what the living services hold.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Reservations_RandomHistory_MatchTheServices(int seed)
    {
        var random = new Random(seed);
        var allocations = new ServiceAllocations(IpPrefix.Parse("10.0.0.0/24"), 30000, 30099);
        var living = new List<JsonObject>();
        for (var i = 0; i < 2000; i++)
        {
            var old = living.Count > 40 || (living.Count > 0 && random.Next(2) == 0) ? living[random.Next(living.Count)] : null;
            if (old is not null && random.Next(3) == 0)
            {
                living.Remove(old);
                allocations.Release(old);
                continue;
            }

            var item = Random(random);
            if (old is not null && random.Next(2) == 0 && item["spec"]!["type"]!.GetValue<string>() != "ExternalName")
            {
                item["spec"]!["clusterIP"] = old["spec"]!["clusterIP"]?.DeepClone();
            }

            try
            {
                using var reservation = allocations.Reserve(Services, item, old);
                if (random.Next(4) != 0)
                {
                    reservation.Commit();
                    living.Remove(old!);
                    living.Add(item);
                }
            }
            catch (ApiException error) when (error.Code is 422 or 500)
            {
                // Taken, or exhausted: nothing changes.
            }

            var addresses = living.Select(service => service["spec"]!["clusterIP"]?.GetValue<string>()).Where(text => text is not (null or "None")).ToArray();
            var ports = living.SelectMany(service => service["spec"]!["ports"]!.AsArray()).Select(port => port!["nodePort"]?.GetValue<long>() ?? 0).Where(port => port > 0).ToArray();
            Assert.Equal(addresses.Length, addresses.Distinct().Count());
            Assert.Equal(ports.Length, ports.Distinct().Count());
            Assert.Equal((addresses.Length, ports.Length), allocations.Taken);
        }
    }

    [Fact]
    public void Adopt_OfStoredServices_TellsOfConflicts()
    {
        var allocations = new ServiceAllocations(IpPrefix.Parse("10.0.0.0/24"), 30000, 30099);
        var service = new JsonObject { ["spec"] = new JsonObject { ["clusterIP"] = "10.0.0.9", ["ports"] = new JsonArray(new JsonObject { ["nodePort"] = 30001L }) } };
        Assert.Empty(allocations.Adopt(service));
        Assert.Equal(2, allocations.Adopt(service).Count);
        Assert.Equal((1, 1), allocations.Taken);
        Assert.Single(allocations.Adopt(new JsonObject { ["spec"] = new JsonObject { ["clusterIP"] = "192.0.2.1" } }));
    }

    private static JsonObject Random(Random random)
    {
        var port = new JsonObject { ["port"] = (long)random.Next(1, 1000), ["protocol"] = "TCP" };
        var type = new[] { "ClusterIP", "NodePort", "ExternalName" }[random.Next(3)];
        if (type == "NodePort" && random.Next(2) == 0)
        {
            port["nodePort"] = (long)random.Next(30000, 30105);
        }

        var spec = new JsonObject { ["type"] = type, ["ports"] = new JsonArray(port) };
        if (type == "ClusterIP" && random.Next(5) == 0)
        {
            spec["clusterIP"] = random.Next(2) == 0 ? "None" : $"10.0.0.{random.Next(0, 256)}";
        }

        return new JsonObject { ["metadata"] = new JsonObject { ["name"] = "s" }, ["spec"] = spec };
    }
}

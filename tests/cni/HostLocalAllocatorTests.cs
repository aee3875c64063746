using Podwire.Cni.Ipam;
using Podwire.Primitives;

namespace Podwire.Cni.Tests;

public class HostLocalAllocatorTests
{
    private static HostLocalConfig Config(TempFolder folder, params string[] subnets) => new()
    {
        Network = "pods",
        DataDir = folder.Path,
        Sets = [.. subnets.Select(s => new IpRangeSet([IpRange.Create(IpPrefix.Parse(s))]))],
    };

    private static AttachmentId Id(int n) => new($"c{n}", "eth0");

    private static string[] Files(TempFolder folder) =>
        [.. Directory.GetFiles(folder["pods"]).Select(f => Path.GetFileName(f)).Where(f => f != "lock" && !f.StartsWith("last", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    private static string Add(HostLocalConfig config, int n) => string.Join(' ', HostLocalAllocator.Add(config, Id(n)).Ips.Select(i => i.Address));

    [Fact]
    public void Add_WritesTheReferencesFiles()
    {
        using var folder = new TempFolder();
        Assert.Equal("10.0.0.2/24 fd00::2/64", Add(Config(folder, "10.0.0.0/24", "fd00::/64"), 1));
        Assert.Equal("c1\r\neth0", File.ReadAllText(folder["pods/10.0.0.2"]));
        Assert.Equal("10.0.0.2", File.ReadAllText(folder["pods/last_reserved_ip.0"]));
        Assert.Equal("fd00::2", File.ReadAllText(folder["pods/last_reserved_ip.1"]));
        Assert.Equal(["10.0.0.2", "fd00::2"], Files(folder));
        Assert.True(File.Exists(folder["pods/lock"]));
    }

    [Fact]
    public void Add_GoesRoundAndLeavesTheGatewayOut()
    {
        using var folder = new TempFolder();
        var config = Config(folder, "10.0.0.0/29");
        Assert.Equal(["10.0.0.2/29", "10.0.0.3/29"], [Add(config, 1), Add(config, 2)]);
        HostLocalAllocator.Del(folder.Path, "pods", Id(1));
        Assert.Equal(["10.0.0.4/29", "10.0.0.5/29", "10.0.0.6/29", "10.0.0.2/29"], [Add(config, 3), Add(config, 4), Add(config, 5), Add(config, 6)]);
    }

    [Fact]
    public void Add_Exhausted_FailsAndKeepsNoLease()
    {
        using var folder = new TempFolder();
        var config = Config(folder, "fd00::/64", "10.0.0.0/30");
        Add(config, 1);
        var before = Files(folder);
        var e = Text.Fails(CniErrorCode.AddressesExhausted, () => Add(config, 2));
        Assert.Contains("10.0.0.1-10.0.0.2", e.Message);
        Assert.Equal(before, Files(folder));
        Text.Fails(CniErrorCode.PluginNotAvailable, () => HostLocalAllocator.Status(config));
        HostLocalAllocator.Del(folder.Path, "pods", Id(1));
        HostLocalAllocator.Status(config);
    }

    [Fact]
    public void Add_Again_KeepsItsAddress()
    {
        using var folder = new TempFolder();
        var config = Config(folder, "10.0.0.0/24");
        Assert.Equal(Add(config, 1), Add(config, 1));
        Assert.Single(Files(folder));
    }

    [Fact]
    public void Add_Requested_IsGivenOrRefused()
    {
        using var folder = new TempFolder();
        var config = Config(folder, "10.0.0.0/24", "fd00::/64");
        Assert.Equal("10.0.0.77/24 fd00::2/64", Add(config with { Requested = [IpAddress.Parse("10.0.0.77")] }, 1));
        var e = Text.Fails(CniErrorCode.Conflict, () => Add(config with { Requested = [IpAddress.Parse("10.0.0.77")] }, 2));
        Assert.Contains("c1", e.Message);
        Text.Fails(CniErrorCode.InvalidNetworkConfig, () => Add(config with { Requested = [IpAddress.Parse("10.9.9.9")] }, 2));
        Text.Fails(CniErrorCode.InvalidNetworkConfig, () => Add(config with { Requested = [IpAddress.Parse("10.0.0.1")] }, 2));
        Assert.Equal(["10.0.0.77", "fd00::2"], Files(folder));
    }

    [Fact]
    public void Del_IsIdempotentAndMakesNothing()
    {
        using var folder = new TempFolder();
        HostLocalAllocator.Del(folder.Path, "pods", Id(1));
        Assert.False(Directory.Exists(folder["pods"]));
        Add(Config(folder, "10.0.0.0/24"), 1);
        HostLocalAllocator.Del(folder.Path, "pods", Id(1));
        HostLocalAllocator.Del(folder.Path, "pods", Id(1));
        Assert.Empty(Files(folder));
    }

    [Fact]
    public void Leases_OfTheReference_AreHonouredAndFreed()
    {
        using var folder = new TempFolder();
        var config = Config(folder, "10.0.0.0/24");
        Add(config, 1);
        folder.Write("pods/10.0.0.3", "other\r\neth0");
        folder.Write("pods/10.0.0.4", "ancient");
        Assert.Equal("10.0.0.5/24", Add(config, 2));
        HostLocalAllocator.Check(folder.Path, "pods", new("other", "eth0"), null);
        HostLocalAllocator.Del(folder.Path, "pods", new("other", "eth0"));
        HostLocalAllocator.Del(folder.Path, "pods", new("ancient", "net1"));
        Assert.Equal(["10.0.0.2", "10.0.0.5"], Files(folder));
    }

    [Fact]
    public void Leases_RemovedByTheReference_AreFree()
    {
        using var folder = new TempFolder();
        var config = Config(folder, "10.0.0.0/24");
        Add(config, 1);
        File.Delete(folder["pods/10.0.0.2"]);
        Text.Fails(CniErrorCode.CheckFailed, () => HostLocalAllocator.Check(folder.Path, "pods", Id(1), null));
        HostLocalAllocator.Del(folder.Path, "pods", Id(1));
        Assert.Equal("10.0.0.3/24", Add(config, 1));
    }

    [Fact]
    public void EmptyFile_OfACrash_IsReclaimed()
    {
        using var folder = new TempFolder();
        var config = Config(folder, "10.0.0.0/30");
        folder.Write("pods/10.0.0.2", string.Empty);
        Assert.Equal("10.0.0.2/30", Add(config, 1));
    }

    [Fact]
    public void EarlierBoot_LeasesAreReclaimed()
    {
        using var folder = new TempFolder();
        var config = Config(folder, "10.0.0.0/24");
        Add(config, 1);
        folder.Write("pods/10.0.0.9", "foreign-old\r\neth0");
        File.SetLastWriteTimeUtc(folder["pods/10.0.0.9"], DateTime.UtcNow.AddHours(-2));
        folder.Write("pods/10.0.0.10", "foreign-new\r\neth0");
        using (LeaseStore.Open(folder.Path, "pods", create: false, "next-boot", DateTimeOffset.UtcNow.AddHours(-1)))
        {
            Assert.Equal(["10.0.0.10"], Files(folder));
        }

        using (var store = LeaseStore.Open(folder.Path, "pods", create: false, "next-boot", DateTimeOffset.UtcNow.AddHours(-1))!)
        {
            Assert.True(store.TryReserve(IpAddress.Parse("10.0.0.2"), Id(2)));
        }

        Assert.Equal(["next-boot"], Directory.GetDirectories(folder[".podwire/pods"]).Select(d => Path.GetFileName(d)));
    }

    [Fact]
    public void Gc_FreesWhatIsNotValid()
    {
        using var folder = new TempFolder();
        var config = Config(folder, "10.0.0.0/24");
        Add(config, 1);
        Add(config, 2);
        folder.Write("pods/10.0.0.50", "gone\r\neth0");
        folder.Write("pods/10.0.0.51", "c2");
        var freed = HostLocalAllocator.Gc(folder.Path, "pods", [Id(2)]);
        Assert.Equal(["10.0.0.2", "10.0.0.50"], freed.Select(l => l.Address.ToString()).Order(StringComparer.Ordinal));
        Assert.Equal(["10.0.0.3", "10.0.0.51"], Files(folder));
    }

    [Fact]
    public void Gc_TwoAddressesOrNoneAtAll_LeavesNoEntryInTheIndex()
    {
        using var folder = new TempFolder();
        var config = Config(folder, "10.0.0.0/24");
        Add(config, 1);
        Add(config, 2);
        var entry = Directory.GetFiles(folder[".podwire"], "c1:*", SearchOption.AllDirectories).Single();
        File.AppendAllText(entry, "\n10.0.0.77");
        File.WriteAllText(Path.Join(Path.GetDirectoryName(entry), "killed:eth0"), "\n10.0.0.78");
        HostLocalAllocator.Gc(folder.Path, "pods", [Id(2)]);
        Assert.EndsWith("c2:eth0", Assert.Single(Directory.GetFiles(folder[".podwire"], "*", SearchOption.AllDirectories)));
    }

    [Fact]
    public void Check_AddressNotInTheResult_Fails()
    {
        using var folder = new TempFolder();
        var config = Config(folder, "10.0.0.0/24");
        var result = HostLocalAllocator.Add(config, Id(1));
        HostLocalAllocator.Check(folder.Path, "pods", Id(1), result);
        Text.Fails(CniErrorCode.CheckFailed, () => HostLocalAllocator.Check(folder.Path, "pods", Id(1), CniResult.Empty));
    }

    [Fact]
    public void Add_LongContainerId_Works()
    {
        using var folder = new TempFolder();
        var id = new AttachmentId(new string('a', 254), "eth0");
        HostLocalAllocator.Add(Config(folder, "10.0.0.0/24"), id);
        HostLocalAllocator.Check(folder.Path, "pods", id, null);
        HostLocalAllocator.Del(folder.Path, "pods", id);
        Assert.Empty(Files(folder));
    }

    [Fact]
    public void Add_ManyAtOnce_NoAddressTwice()
    {
        using var folder = new TempFolder();
        var config = Config(folder, "10.0.0.0/22");
        var given = Enumerable.Range(0, 400).AsParallel().WithDegreeOfParallelism(16).Select(n => Add(config, n)).ToList();
        Assert.Equal(400, given.Distinct().Count());
        Assert.Equal(400, Files(folder).Length);
    }

    [Fact]
    public void Add_ManyLeases_ReadsNoneOfThem()
    {
        using var folder = new TempFolder();
        var config = Config(folder, "10.0.0.0/16");
        for (var n = 2; n < 3000; n++)
        {
            folder.Write($"pods/10.0.{n / 256}.{n % 256}", $"c{n}\r\neth0");
        }

        folder.Write("pods/last_reserved_ip.0", "10.0.11.183");
        Add(config, 1);
        // The folder's own time stays as it is when a file's content changes: only reading every lease would find this one.
        File.WriteAllText(folder["pods/10.0.5.5"], "overwritten\r\neth0");
        Add(config, 3000);
        using var store = LeaseStore.OpenExisting(folder.Path, "pods")!;
        Assert.Empty(store.Find(new("overwritten", "eth0")));
    }
}

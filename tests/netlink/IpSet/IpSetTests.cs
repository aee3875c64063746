using Podwire.Netlink.IpSet;
using Podwire.Primitives;
using Podwire.Ruleset.IpSets;

namespace Podwire.Netlink.Tests.IpSet;

/// <summary>Sets in this machine's kernel, cross-checked with ipset(8).</summary>
public class IpSetTests
{
    private static readonly IpAddress Vip = IpAddress.Parse("10.96.0.1");
    private static readonly IpAddress Vip6 = IpAddress.Parse("fd96::1");

    public static TheoryData<IpSetType, IpFamily> Types
    {
        get
        {
            var data = new TheoryData<IpSetType, IpFamily>();
            foreach (var type in Enum.GetValues<IpSetType>())
            {
                data.Add(type, IpFamily.V4);
                if (type != IpSetType.BitmapPort)
                {
                    data.Add(type, IpFamily.V6);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Set_OfEachType_IsAsIpsetShowsIt_AndReadsBack(IpSetType type, IpFamily family)
    {
        using var node = new Scratch();
        using var socket = Open(node, type, family);
        var spec = new IpSetSpec("set", type, family);
        var address = family == IpFamily.V6 ? Vip6 : Vip;
        var net = IpPrefix.Parse(family == IpFamily.V6 ? "fd00:1::/32" : "10.1.0.0/16");
        IpSetEntry[] entries = type switch
        {
            IpSetType.HashIp => [IpSetEntry.Of(address)],
            IpSetType.HashNet => [IpSetEntry.Of(net), IpSetEntry.Of(address)],
            IpSetType.HashIpPort => [IpSetEntry.Of(address, IpProtocol.Tcp, 443), IpSetEntry.Of(address, IpProtocol.Udp, 53), IpSetEntry.Of(address, IpProtocol.Sctp, 9)],
            IpSetType.HashIpPortIp => [IpSetEntry.Of(address, IpProtocol.Tcp, 443, IpPrefix.Host(address))],
            IpSetType.HashIpPortNet => [IpSetEntry.Of(address, IpProtocol.Tcp, 443, net)],
            IpSetType.HashNetPort => [new IpSetEntry { Address = net, Protocol = IpProtocol.Tcp, Port = 80 }],
            _ => [IpSetEntry.OfPort(30080), IpSetEntry.OfPort(65535)],
        };
        socket.Create(spec);
        var batch = new IpSetBatch();
        foreach (var entry in entries)
        {
            batch.Add(spec, entry);
            batch.Add(spec, entry);
        }

        socket.Execute(batch);
        var shown = Ipset(node, "save set").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith($"create set {type.Name()} {(type == IpSetType.BitmapPort ? "range 0-65535" : family == IpFamily.V6 ? "family inet6" : "family inet")}", shown[0], StringComparison.Ordinal);
        Assert.Equal(entries.Select(entry => $"add set {entry}").Order(), shown[1..].Order());
        var read = socket.Get("set")!;
        Assert.Equal((spec.Name, spec.Type), (read.Spec.Name, read.Spec.Type));
        Assert.Equal(entries.Order(), read.Entries.Order());
        Assert.All(entries, entry => Assert.True(socket.Contains(spec, entry)));

        batch = new();
        batch.Delete(spec, entries[0]);
        batch.Delete(spec, entries[0]);
        socket.Execute(batch);
        Assert.False(socket.Contains(spec, entries[0]) && type != IpSetType.HashNet);
        Assert.Equal(entries[1..].Order(), socket.Get("set")!.Entries.Order());
    }

    [Fact]
    public void Swap_ReplacesAWholeSet_AndDestroyEndsBoth()
    {
        using var node = new Scratch();
        using var socket = Open(node, IpSetType.HashIp, IpFamily.V4);
        IpSetSpec old = new("old", IpSetType.HashIp), made = new("new", IpSetType.HashIp);
        socket.Create(old);
        socket.Create(made);
        Add(socket, old, "10.0.0.1");
        Add(socket, made, "10.0.0.2", "10.0.0.3");
        socket.Swap("new", "old");
        Assert.Equal(2, socket.Get("old")!.Entries.Count);
        Assert.Single(socket.Get("new")!.Entries.ToArray());
        Assert.True(socket.Flush("new"));
        Assert.True(socket.Get("new")!.Entries.IsEmpty);
        socket.Rename("new", "third");
        Assert.True(socket.Destroy("third"));
        Assert.True(socket.Destroy("old"));
        Assert.False(socket.Destroy("old"));
        Assert.False(socket.Flush("old"));
        Assert.Null(socket.Get("old"));
        Assert.Empty(socket.List());
    }

    [Fact]
    public void LargeSet_IsListedWhole()
    {
        using var node = new Scratch();
        using var socket = Open(node, IpSetType.HashIpPort, IpFamily.V4);
        var spec = new IpSetSpec("large", IpSetType.HashIpPort);
        socket.Create(spec);
        var batch = new IpSetBatch();
        for (var i = 0; i < 20000; i++)
        {
            batch.Add(spec, IpSetEntry.Of(IpAddress.FromV4(0x0A000000u + (uint)i), IpProtocol.Tcp, 80));
        }

        socket.Execute(batch);
        Assert.Equal(20000, socket.Get("large")!.Entries.ToArray().Distinct().Count());
    }

    [Fact]
    public void Create_OfAnotherTypeUnderTheName_IsRefusedNamingIt()
    {
        using var node = new Scratch();
        using var socket = Open(node, IpSetType.HashIp, IpFamily.V4);
        socket.Create(new("taken", IpSetType.HashIp));
        socket.Create(new("taken", IpSetType.HashIp));
        var error = Assert.Throws<NetlinkException>(() => socket.Create(new("taken", IpSetType.HashNet)));
        Assert.Equal(Errno.EEXIST, error.Errno);
        Assert.Contains("taken (hash:net)", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => socket.Create(new(new string('x', 32), IpSetType.HashIp)));
    }

    [Fact]
    public void Add_OfAnotherFamilyOrIntoNoSet_IsRefusedInWords()
    {
        using var node = new Scratch();
        using var socket = Open(node, IpSetType.HashIp, IpFamily.V4);
        var spec = new IpSetSpec("four", IpSetType.HashIp) { MaxElements = 4 };
        socket.Create(spec);
        var batch = new IpSetBatch();
        batch.Add(spec, IpSetEntry.Of(Vip6));
        batch.Add(spec, IpSetEntry.Of(Vip));
        batch.Add(spec with { Name = "none" }, IpSetEntry.Of(Vip));
        var failures = socket.TryExecute(batch);
        Assert.Equal(2, failures.Count);
        Assert.Equal("add to ipset four fd96::1", failures[0].Operation);
        Assert.Equal("add to ipset none 10.96.0.1", failures[1].Operation);
        Assert.Equal(Errno.ENOENT, failures[1].Errno);
        Assert.Single(socket.Get("four")!.Entries.ToArray());
    }

    [Fact]
    public void Destroy_WhileARuleUsesTheSet_IsRefusedInWords()
    {
        using var node = new Scratch();
        using var socket = Open(node, IpSetType.HashIp, IpFamily.V4);
        socket.Create(new("used", IpSetType.HashIp));
        Scratch.Run("ip", "netns", "exec", node.Name, "iptables-legacy", "-A", "INPUT", "-m", "set", "--match-set", "used", "src", "-j", "DROP");
        Assert.Equal(1u, socket.Get("used")!.References);
        var error = Assert.Throws<NetlinkException>(() => socket.Destroy("used"));
        Assert.Contains("in use", error.Message, StringComparison.Ordinal);
    }

    private static IpSetSocket Open(Scratch node, IpSetType type, IpFamily family)
    {
        var socket = IpSetSocket.Open(node.Namespace);
        Assert.SkipUnless(socket.GetProtocol() >= 6, "lacks: ipset in the kernel");
        Assert.SkipUnless(socket.Supports(type, family), $"lacks: ipset type {type.Name()} in the kernel");
        return socket;
    }

    private static void Add(IpSetSocket socket, IpSetSpec set, params string[] addresses)
    {
        var batch = new IpSetBatch();
        foreach (var address in addresses)
        {
            batch.Add(set, IpSetEntry.Of(IpAddress.Parse(address)));
        }

        socket.Execute(batch);
    }

    private static string Ipset(Scratch node, string arguments) => Scratch.Run("ip", ["netns", "exec", node.Name, "ipset", .. arguments.Split(' ')]);
}

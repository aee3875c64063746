using System.Diagnostics;

namespace Podwire.Uml.Tests;

/// <summary>What the guest promises to the tests that run in it.</summary>
public class GuestTests
{
    private const string Mark = "/etc/podwire-uml-was-here";

    [UmlFact]
    public void Kernel_IsUserModeLinux_NotTheMachines()
    {
        Assert.True(UmlGuest.IsInside);
        Assert.Contains("User Mode Linux", File.ReadAllText("/proc/cpuinfo"), StringComparison.Ordinal);
    }

    [UmlFact]
    public void Root_IsAnOverlay_WrittenInMemory()
    {
        File.WriteAllText(Mark, "inside");
        Assert.Equal("inside", File.ReadAllText(Mark));
        Assert.StartsWith("overlay / overlay", File.ReadLines("/proc/mounts").First(line => line.Split(' ')[1] == "/"), StringComparison.Ordinal);
        Assert.DoesNotContain(File.ReadLines("/proc/mounts"), line => line.Split(' ') is ["hostfs" or "/dev/root", "/" or "/run/old", ..]);
    }

    [Fact]
    public void Outside_WhatTheGuestWrote_IsNotThere() => Assert.False(File.Exists(Mark));

    [UmlTheory]
    [InlineData("dummy")]
    [InlineData("ipip")]
    [InlineData("ip6tnl")]
    [InlineData("vxlan")]
    [InlineData("macvlan")]
    public void Links_TheMachineMayLack_CanBeMade(string kind)
    {
        string[] more = kind switch { "ipip" => ["remote", "192.0.2.1"], "ip6tnl" => ["remote", "2001:db8::1"], "vxlan" => ["id", "7", "dstport", "4789"], "macvlan" => ["link", "m0"], _ => [] };
        if (kind == "macvlan")
        {
            Assert.Equal(0, Run("ip", "link", "add", "m0", "type", "dummy"));
        }

        Assert.Equal(0, Run("ip", ["link", "add", "t0", .. kind == "macvlan" ? more : [], "type", kind, .. kind == "macvlan" ? [] : more]));
        Assert.Equal(0, Run("ip", "link", "del", "t0"));
    }

    [UmlFact]
    public void Bridge_VlanFiltering_IsThere()
    {
        Assert.Equal(0, Run("ip", "link", "add", "br0", "type", "bridge", "vlan_filtering", "1"));
        Assert.Equal(0, Run("bridge", "vlan", "add", "vid", "7", "dev", "br0", "self"));
        Assert.Equal(0, Run("ip", "link", "del", "br0"));
    }

    [UmlTheory]
    [InlineData("rr")]
    [InlineData("wrr")]
    [InlineData("lc")]
    [InlineData("wlc")]
    [InlineData("lblc")]
    [InlineData("lblcr")]
    [InlineData("sh")]
    [InlineData("dh")]
    [InlineData("sed")]
    [InlineData("nq")]
    [InlineData("mh")]
    public void Ipvs_Scheduler_IsThere(string scheduler)
    {
        Assert.Equal(0, Run("ipvsadm", "-A", "-t", "192.0.2.7:80", "-s", scheduler));
        Assert.Equal(0, Run("ipvsadm", "-D", "-t", "192.0.2.7:80"));
    }

    [UmlTheory]
    [InlineData("hash:ip")]
    [InlineData("hash:net")]
    [InlineData("hash:ip,port")]
    [InlineData("hash:ip,port,ip")]
    [InlineData("hash:ip,port,net")]
    [InlineData("bitmap:port")]
    public void IpSet_Type_IsThere(string type)
    {
        Assert.Equal(0, Run("ipset", ["create", "s", type, .. type.StartsWith("bitmap", StringComparison.Ordinal) ? ["range", "0-65535"] : Array.Empty<string>()]));
        Assert.Equal(0, Run("iptables", "-t", "nat", "-A", "OUTPUT", "-m", "set", "--match-set", "s", "dst", "-j", "RETURN"));
        Assert.Equal(0, Run("iptables", "-t", "nat", "-F", "OUTPUT"));
        Assert.Equal(0, Run("ipset", "destroy", "s"));
    }

    [UmlFact]
    public void Sysctls_ThatAreLookedForBeforeTheModuleIsUsed_AreThere()
    {
        Assert.True(File.Exists("/proc/sys/net/ipv4/vs/conntrack"));
        Assert.True(File.Exists("/proc/sys/net/bridge/bridge-nf-call-iptables"));
        Assert.True(File.Exists("/proc/sys/net/netfilter/nf_conntrack_max"));
    }

    private static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        return process.ExitCode;
    }
}

using System.Text;
using Podwire.Cni;
using Podwire.CniBridge.Bandwidth;
using Podwire.CniBridge.Bridge;
using Podwire.CniBridge.HostDevice;
using Podwire.CniBridge.Macvlan;
using Podwire.CniBridge.SourceRouting;
using Podwire.CniBridge.StaticIpam;
using Podwire.CniBridge.Tuning;

namespace Podwire.CniBridge.Tests;

/// <summary>Damaged configurations: a plugin's decoder gives its error object and nothing else.</summary>
public class ConfigFuzzTests
{
    private const int Rounds = 6000;

    private static readonly Dictionary<string, (string Json, Action<PluginCall> Decode)> Decoders = new(StringComparer.Ordinal)
    {
        ["bandwidth"] = ("\"ingressRate\":8000,\"ingressBurst\":8000,\"runtimeConfig\":{\"bandwidth\":{\"egressRate\":9,\"egressBurst\":80}}", c => BandwidthConfig.Parse(c.Config)),
        ["bridge"] = ("\"bridge\":\"br0\",\"vlan\":5,\"vlanTrunk\":[{\"id\":7},{\"minID\":8,\"maxID\":4000}],\"preserveDefaultVlan\":false,\"macspoofchk\":true,\"mtu\":1400", c => BridgeConfig.Parse(c)),
        ["host-device"] = ("\"device\":\"eth1\",\"hwaddr\":\"0a:00:00:00:00:01\",\"kernelpath\":\"/sys/devices/x\",\"runtimeConfig\":{\"deviceID\":\"0000:01:00.0\"}", c => HostDeviceConfig.Parse(c.Config)),
        ["macvlan"] = ("\"master\":\"eth0\",\"mode\":\"vepa\",\"mtu\":1400,\"mac\":\"0a:00:00:00:00:01\",\"linkInContainer\":true,\"bcqueuelen\":5", c => MacvlanConfig.Parse(c)),
        ["sbr"] = ("\"table\":500,\"addSourceHints\":true", c => SourceRoutingConfig.Parse(c.Config)),
        ["static"] = ("\"ipam\":{\"type\":\"static\",\"addresses\":[{\"address\":\"10.1.0.5/24\",\"gateway\":\"10.1.0.1\"}],\"routes\":[{\"dst\":\"::/0\",\"gw\":\"fd00::1\"}],\"dns\":{\"search\":[\"a\"]}},\"args\":{\"cni\":{\"ips\":[\"10.3.0.5/24\"]}}", c => StaticConfig.Parse(c)),
        ["tuning"] = ("\"sysctl\":{\"net.core.somaxconn\":\"5\",\"net.ipv4.conf.IFNAME.arp_filter\":\"1\"},\"mtu\":1400,\"promisc\":true,\"allmulti\":false,\"txQLen\":7,\"args\":{\"cni\":{\"mtu\":5}}", c => TuningConfig.Parse(c).Sysctls.ToList().ForEach(s => TuningConfig.PathOf(s.Name, "eth0"))),
        ["saved settings"] = ("\"mac\":\"0a:00:00:00:00:01\",\"promisc\":false,\"mtu\":1500,\"allmulti\":true,\"txQLen\":1000,\"network\":\"net\",\"ifindex\":2", c => SavedSettings.Parse(c.Config.Json)),
    };

    public static TheoryData<string> Names => [.. Decoders.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Parse_DamagedConfiguration_GivesTheErrorObjectOnly(string name)
    {
        var (json, decode) = Decoders[name];
        var original = Encoding.UTF8.GetBytes($"{{\"cniVersion\":\"1.1.0\",\"name\":\"net\",\"type\":\"x\",{json}}}");
        decode(Call(original));
        var random = new Random(20261121);
        var refused = 0;
        for (var round = 0; round < Rounds; round++)
        {
            try
            {
                decode(Call(Damage(original, random)));
            }
            catch (CniException e)
            {
                Assert.True(e.Code is CniErrorCode.DecodingFailure or CniErrorCode.InvalidNetworkConfig or CniErrorCode.IncompatibleVersion or CniErrorCode.UnsupportedField, $"{e.Code}: {e.Message}");
                refused++;
            }
        }

        Assert.InRange(refused, Rounds / 10, Rounds);
    }

    private static PluginCall Call(byte[] json) => new() { Command = CniCommand.Add, Config = NetworkConfig.Parse(json), ContainerId = "c1", IfName = "eth0", Delegates = null! };

    private static byte[] Damage(byte[] original, Random random)
    {
        var bytes = (byte[])original.Clone();
        for (var change = random.Next(1, 4); change > 0; change--)
        {
            var at = random.Next(bytes.Length);
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] = (byte)"0123456789-.:/\"{}[],ntfx"[random.Next(24)];
                    break;
                case 2:
                    bytes = [.. bytes[..at], .. bytes[random.Next(bytes.Length)..]];
                    break;
                default:
                    bytes = [.. bytes[..at], .. bytes[at..Math.Min(bytes.Length, at + 8)], .. bytes[at..]];
                    break;
            }

            if (bytes.Length == 0)
            {
                return bytes;
            }
        }

        return bytes;
    }
}

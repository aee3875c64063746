using System.Diagnostics;
using Podwire.Cni.Ipam;

namespace Podwire.Cni.Tests;

/// <summary>Every decoder of stdin, over mutations of what it is made for: it reads, or fails with a code. Half a second each; a seed is printed on failure.</summary>
public class FuzzTests
{
    private const string Config = """
        {"cniVersion":"1.1.0","name":"pods","type":"bridge","ipam":{"type":"host-local","ranges":[[{"subnet":"10.0.0.0/24","rangeStart":"10.0.0.9","gateway":"10.0.0.1"}],[{"subnet":"fd00::/64"}]],
        "routes":[{"dst":"0.0.0.0/0","gw":"10.0.0.1","mtu":1400,"table":5}],"dataDir":"/x"},"dns":{"nameservers":["1.1.1.1"],"search":["a"]},"args":{"cni":{"ips":["10.0.0.5"]}},
        "runtimeConfig":{"ips":["10.0.0.5/24"],"ipRanges":[[{"subnet":"10.1.0.0/24"}]]},"cni.dev/valid-attachments":[{"containerID":"a","ifname":"eth0"}],
        "prevResult":{"cniVersion":"1.1.0","interfaces":[{"name":"eth0","mac":"0a:00:00:00:00:01","mtu":5,"sandbox":"/x"}],"ips":[{"interface":0,"address":"10.0.0.2/24","gateway":"10.0.0.1"}],"ip4":{"ip":"10.0.0.2/24"}}}
        """;

    private const string List = """{"cniVersion":"1.0.0","cniVersions":["1.1.0"],"name":"pods","disableCheck":"true","plugins":[{"type":"a","capabilities":{"mac":true}},{"type":"b"}]}""";

    [Fact]
    public void NetworkConfig_AnyBytes_ReadsOrFailsWithACode() => Fuzz(Text.Utf8(Config), bytes =>
    {
        var config = NetworkConfig.Parse(bytes);
        _ = config.PrevResult;
        HostLocalConfig.Parse(new PluginCall { Command = CniCommand.Add, Config = config, Delegates = null! });
    });

    [Fact]
    public void NetworkConfigList_AnyBytes_ReadsOrFailsWithACode() => Fuzz(Text.Utf8(List), bytes => NetworkConfigList.Parse(bytes));

    [Fact]
    public void Result_AnyBytes_ReadsOrFailsWithACode() => Fuzz(
        Text.Utf8("""{"cniVersion":"0.4.0","ips":[{"version":"4","address":"10.0.0.2/24"}],"routes":[{"dst":"::/0"}],"dns":{"options":["a"]},"ip6":{"ip":"::1/128","routes":[]}}"""),
        bytes => CniResultReader.Parse(bytes));

    [Fact]
    public void Args_AnyText_ReadsOrFailsWithACode() => Fuzz(
        Text.Utf8("IgnoreUnknown=1;K8S_POD_NAME=a;IP=10.0.0.1;MAC=0a:00:00:00:00:01"), bytes => CniArgs.Parse(Text.Of(bytes)));

    [Fact]
    public void Set_AnyBytes_EditsOrFailsWithACode() => Fuzz(Text.Utf8(Config), bytes =>
    {
        var edited = CniJson.Set(bytes, new KeyValuePair<string, ReadOnlyMemory<byte>>("prevResult", Text.Utf8("{}")));
        CniJson.Set(edited);
    });

    private static void Fuzz(byte[] sample, Action<byte[]> decode)
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        var clock = Stopwatch.StartNew();
        while (clock.ElapsedMilliseconds < 500)
        {
            var bytes = Mutate(sample, random);
            try
            {
                decode(bytes);
            }
            catch (CniException)
            {
                continue;
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}: {e.GetType().Name}: {e.Message} on {Convert.ToBase64String(bytes)}");
            }
        }
    }

    private static byte[] Mutate(byte[] sample, Random random)
    {
        var bytes = sample.ToList();
        for (var i = random.Next(1, 6); i > 0 && bytes.Count > 0; i--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 20), bytes.Count - at));
                    break;
                case 2:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 40), bytes.Count - at)));
                    break;
                case 3:
                    bytes[at] = (byte)"{}[]\",:0-\\ntf"[random.Next(13)];
                    break;
                case 4:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                default:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
            }
        }

        return [.. bytes];
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;

namespace Podwire.CniBridge.Tests;

/// <summary>Many containers, several at once; another boot; answers that cannot be delivered.</summary>
public class LifetimeTests
{
    private const int Containers = 1000;
    private const int AtOnce = 32;

    [Fact]
    public async Task AddAndDel_ThousandContainers32AtOnce_NoAddressTwiceAndNothingLeft()
    {
        using var node = new Node();
        var config = node.Config(",\"ipMasq\":true");
        var held = new ConcurrentDictionary<string, string>();
        var next = -1;
        for (var lane = 0; lane < AtOnce; lane++)
        {
            node.Container($"lane{lane}");
        }

        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(lane => Task.Factory.StartNew(
            () =>
            {
                for (var n = Interlocked.Increment(ref next); n < Containers; n = Interlocked.Increment(ref next))
                {
                    var (container, space) = ($"c{n}", node.PathOf($"lane{lane}"));
                    var ip = node.Run("bridge", "ADD", config, container, space).Succeeds().Ip;
                    Assert.True(held.TryAdd(ip, container), $"{ip} was given to {container} while {held.GetValueOrDefault(ip)} has it");
                    held.TryRemove(ip, out _);
                    node.Run("bridge", "DEL", config, container, space).Succeeds();
                }
            },
            TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
        Assert.Empty(node.Veths());
        Assert.Empty(node.Leases());
        Assert.Empty(node.MasqueradeOwners());
        var index = Directory.GetFiles(Path.Join(node.Folder, ".podwire", "net"), "*", SearchOption.AllDirectories);
        Assert.Empty(index);
    }

    [Fact]
    public void Reboot_LeasesOfTheEarlierBootAreFreed()
    {
        using var node = new Node();
        var config = node.Config();
        var first = InBoot(node, "11111111-0000-0000-0000-000000000001", "ADD", "c1", config);
        Assert.Equal("10.77.0.2", first.Succeeds().Ip);

        // As after a power cut: the kernel's state is gone, and the disk's is not.
        node.RemoveContainer("c1");
        foreach (var link in node.Links())
        {
            if (node.Route.GetLink(link) is { } there)
            {
                node.Route.DeleteLink(there.Index);
            }
        }

        Assert.Equal(["10.77.0.2"], node.Leases());
        var second = InBoot(node, "22222222-0000-0000-0000-000000000002", "ADD", "c2", config).Succeeds();
        Assert.Equal([second.Ip], node.Leases());
        InBoot(node, "22222222-0000-0000-0000-000000000002", "DEL", "c2", config).Succeeds();
        Assert.Empty(node.Leases());
    }

    [Fact]
    public void Answer_CannotBeWritten_IsAFailureAndDelTakesItBack()
    {
        using var node = new Node();
        node.Container("c1");
        var answer = Shell(node, "ADD", "c1", node.Config(), "exec \"$0\" > /dev/full");
        Assert.NotEqual(0, answer.Exit);
        node.Del("c1", node.Config()).Succeeds();
        Assert.Empty(node.Veths());
        Assert.Empty(node.Leases());
    }

    /// <summary>Runs bridge where the kernel says that it is another boot: the file that tells is mounted over, in a mount namespace of its own.</summary>
    private static Answer InBoot(Node node, string boot, string command, string container, string config)
    {
        node.Container(container);
        var file = Path.Join(node.Folder, "boot_id");
        File.WriteAllText(file, boot + "\n");
        return Shell(node, command, container, config, $"exec unshare -m /bin/sh -c 'mount --bind {file} /proc/sys/kernel/random/boot_id && exec \"$0\"' \"$0\"");
    }

    private static Answer Shell(Node node, string command, string container, string config, string line)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", line, Path.Join(CniExecutables.Path, "bridge")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["CNI_COMMAND"] = command;
        start.Environment["CNI_CONTAINERID"] = container;
        start.Environment["CNI_NETNS"] = node.PathOf(container);
        start.Environment["CNI_IFNAME"] = "eth0";
        start.Environment["CNI_PATH"] = CniExecutables.Path;
        using var process = node.Host.Run(() => Process.Start(start)!);
        process.StandardInput.Write(config);
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Answer(process.ExitCode, output, error.Result);
    }
}

using System.Diagnostics;
using Podwire.Netlink.Nftables;
using Podwire.Ruleset;

namespace Podwire.Netlink.Tests.Nftables;

/// <summary>A network namespace with a socket to its nftables, and nft(8) in it.</summary>
public sealed class NftScratch : IDisposable
{
    private readonly Scratch node = new();

    public NftScratch() => Nft = NftSocket.Open(node.Namespace);

    public NftSocket Nft { get; }

    public Scratch Node => node;

    /// <summary>nft(8) with these arguments; skips the test where there is none.</summary>
    public string Run(params string[] arguments)
    {
        RequireNft();
        return Scratch.Run("ip", ["netns", "exec", node.Name, "nft", .. arguments]);
    }

    /// <summary>Loads a ruleset text with <c>nft -f</c>.</summary>
    public void Load(string text)
    {
        RequireNft();
        var start = new ProcessStartInfo("ip") { RedirectStandardInput = true, RedirectStandardError = true };
        foreach (var argument in new[] { "netns", "exec", node.Name, "nft", "-f", "-" })
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(text);
        process.StandardInput.Close();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"nft -f: {error.Result}\n{text}");
    }

    /// <summary>Makes the table what is desired, from what it is.</summary>
    public void Reach(Table desired)
    {
        var batch = RulesetDiff.Between(Nft.ReadTable(desired.Id), desired);
        try
        {
            Nft.Apply(batch);
        }
        catch (NftException e)
        {
            Assert.Fail($"{e.Message}\n{NftText.Write(batch)}");
        }
    }

    public void Dispose()
    {
        Nft.Dispose();
        node.Dispose();
    }

    internal static void RequireNft() => Assert.SkipUnless(File.Exists("/usr/sbin/nft"), "lacks: nft");
}

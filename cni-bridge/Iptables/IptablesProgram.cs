using Podwire.Cni;
using Podwire.Primitives;

namespace Podwire.CniBridge.Iptables;

/// <summary>
/// iptables-save and iptables-restore of a family. A node may have two variants side by side, over nftables and over the older kernel
/// interface, whose tables do not see each other; the plain names are the one that the operator chose.
/// </summary>
internal sealed class IptablesProgram
{
    // iptables' own lock, which the older variant takes: seconds to wait for it.
    private const int LockWait = 20;
    private const int Attempts = 30;

    // Between reading and writing no other plugin of ours may write: two that make one chain would both fail, again and again.
    private const string Gate = "/run/podwire-cni-iptables.lock";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    private readonly string save;
    private readonly string restore;

    private IptablesProgram(string save, string restore) => (this.save, this.restore) = (save, restore);

    /// <summary>Waits for what a plugin that was killed has left at work.</summary>
    internal static void AwaitOthers() => NodeLock.Await(Gate);

    /// <summary>The programs that the operator chose.</summary>
    /// <exception cref="CniException">Code 50: they are not installed.</exception>
    internal static IptablesProgram Of(IpFamily family) => TryFind(family, string.Empty)
        ?? throw new CniException(CniErrorCode.PluginNotAvailable, $"{Base(family)}-save and {Base(family)}-restore are not installed", "install iptables, or set the back end to nftables");

    /// <summary>Those of a variant («-nft», «-legacy»), or the plain ones if none are named so; null if there are none.</summary>
    internal static IptablesProgram? TryVariant(IpFamily family, string variant) => TryFind(family, variant) ?? TryFind(family, string.Empty);

    /// <summary>The table as it is now.</summary>
    internal IptablesSnapshot Read(string table)
    {
        var answer = ExternalProgram.Run(save, ["-t", table], string.Empty, Timeout);
        return answer.ExitCode == 0 ? IptablesSnapshot.Parse(answer.Output) : throw Failure(save, answer);
    }

    /// <summary>
    /// Does what <paramref name="compose"/> writes from what is there, in one call of iptables-restore; none if there is nothing to do.
    /// Composed again if somebody else's change made it fail.
    /// </summary>
    internal void Change(string table, Action<IptablesSnapshot, IptablesScript> compose)
    {
        using var gate = NodeLock.Take(Gate);
        for (var attempt = 1; ; attempt++)
        {
            var present = Read(table);
            var script = new IptablesScript(table, present);
            compose(present, script);
            if (script.IsEmpty)
            {
                return;
            }

            var answer = ExternalProgram.Run(restore, ["--noflush", "-w", LockWait.ToString(System.Globalization.CultureInfo.InvariantCulture)], script.Text, Timeout);
            if (answer.ExitCode == 0)
            {
                return;
            }

            // 4: the lock, or the ruleset changed under way. Otherwise what was read may have been outdated; a second failure is our own.
            if (attempt == Attempts || (answer.ExitCode != 4 && attempt > 2))
            {
                throw Failure(restore, answer);
            }

            Thread.Sleep(attempt);
        }
    }

    private static IptablesProgram? TryFind(IpFamily family, string variant) =>
        ExternalProgram.Find($"{Base(family)}{variant}-save") is { } save && ExternalProgram.Find($"{Base(family)}{variant}-restore") is { } restore
            ? new(save, restore)
            : null;

    private static string Base(IpFamily family) => family == IpFamily.V4 ? "iptables" : "ip6tables";

    private static CniException Failure(string program, ProgramAnswer answer)
    {
        var said = answer.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault() ?? $"exit code {answer.ExitCode}";
        return new CniException(CniErrorCode.KernelRefused, $"{Path.GetFileName(program)} failed: {said}", answer.Error);
    }
}

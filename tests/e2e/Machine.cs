namespace Podwire.EndToEnd.Tests;

/// <summary>What a cluster could leave behind on the machine.</summary>
internal sealed record Machine(string Links, string Addresses, string Routes, string Namespaces, string Mounts, string Rules, string Processes, string Files)
{
    public static Machine Look() => new(
        Run("ip", "-o", "link"),
        Run("ip", "-o", "-4", "address"),
        Run("ip", "route") + Run("ip", "-6", "route") + Run("ip", "rule"),
        Run("ip", "netns"),
        string.Join('\n', File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' ')[4]).Order()),
        Run("nft", "list", "ruleset"),
        string.Join('\n', Ours().Order()),
        string.Join('\n', Folders.Where(Directory.Exists).SelectMany(Directory.EnumerateFileSystemEntries).Order()));

    /// <summary>Where daemons and plugins write on a machine of their own.</summary>
    private static readonly string[] Folders = ["/etc/cni", "/etc/cni/net.d", "/opt/cni", "/run/netns", "/run/flannel", "/run/podwire", "/run/xtables.lock", "/var/lib/cni", "/var/lib/kubelet", "/var/log/pods"];

    /// <summary>Processes that run our executables.</summary>
    public static IEnumerable<string> Ours() => Directory.EnumerateDirectories("/proc")
        .Select(directory =>
        {
            try
            {
                return File.ResolveLinkTarget(directory + "/exe", false)?.FullName;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        })
        .OfType<string>()
        .Where(exe => exe.StartsWith(Path.Combine(Repository.Root, "out"), StringComparison.Ordinal));

    private static string Run(params string[] command) => Command.Run(command[0], command[1..]).Output;
}

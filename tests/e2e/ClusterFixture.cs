using System.Runtime.InteropServices;

namespace Podwire.EndToEnd.Tests;

/// <summary>
/// One cluster for all the tests of this suite, brought up by <c>make up</c> beside any that a person runs: with a folder and
/// an API port of its own. The last test takes it down; this does so too if that one did not come to it.
/// </summary>
public sealed class ClusterFixture : IDisposable
{
    private const int Port = 16443;

    public ClusterFixture()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            throw new InvalidOperationException("the end-to-end tests make network namespaces and need root");
        }

        Before = Machine.Look();
        Up = Make("up");
    }

    internal Machine Before { get; }

    /// <summary>What the first <c>make up</c> printed.</summary>
    public CommandResult Up { get; }

    public static string Folder { get; } = Path.Combine(Repository.Root, "artifacts", "e2e", "cluster");

    public static string KubeConfig { get; } = Path.Combine(Folder, "kubeconfig");

    /// <summary>kubectl 1.27 or newer, or null.</summary>
    public static string? KubectlLack { get; } = FindKubectlLack();

    private static Dictionary<string, string> Environments { get; } = new() { ["PODWIRE_CLUSTER"] = Folder, ["KUBECONFIG"] = KubeConfig };

    /// <summary>Runs make with the cluster's folder and port.</summary>
    public static CommandResult Make(string target, params string[] variables) =>
        Command.Run("make", ["-s", target, $"API_PORT={Port}", .. variables], Environments);

    /// <summary>Runs the operator's command.</summary>
    public static CommandResult Podwire(params string[] arguments) =>
        Command.Run(Path.Combine(Repository.Root, "out/bin/podwire"), arguments, Environments);

    /// <summary>Runs a command in a node.</summary>
    public static CommandResult OnNode(string node, params string[] command) => Podwire(["exec", $"node/{node}", "--", .. command]);

    /// <summary>Runs a command in a pod of the default namespace.</summary>
    public static CommandResult InPod(string pod, params string[] command) => Podwire(["exec", $"pod/default/{pod}", "--", .. command]);

    /// <summary>Runs the real kubectl.</summary>
    public static CommandResult Kubectl(params string[] arguments) => KubectlWith(null, arguments);

    /// <summary>Runs the real kubectl with a manifest on its standard input.</summary>
    public static CommandResult KubectlWith(string? input, params string[] arguments)
    {
        Assert.SkipUnless(KubectlLack is null, $"lacks: {KubectlLack}");
        return Command.Run("kubectl", arguments, Environments, input);
    }

    public void Dispose()
    {
        if (Directory.Exists(Folder))
        {
            Podwire("down");
        }
    }

    private static string? FindKubectlLack()
    {
        const string Need = "kubectl 1.27 or newer";
        try
        {
            var version = Command.Run("kubectl", ["version", "--client", "-o", "json"]);
            using var json = System.Text.Json.JsonDocument.Parse(version.Ok());
            var minor = json.RootElement.GetProperty("clientVersion").GetProperty("minor").GetString()!.TrimEnd('+');
            return int.Parse(minor) >= 27 ? null : $"{Need} (this one is 1.{minor})";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return $"{Need} (none on PATH)";
        }
    }
}

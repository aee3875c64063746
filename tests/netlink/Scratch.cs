using System.Diagnostics;
using System.Text.Json.Nodes;
using Podwire.Netlink.Namespaces;

namespace Podwire.Netlink.Tests;

/// <summary>A network namespace for one test, gone with it; what the kernel holds in it is read back with iproute2.</summary>
public sealed class Scratch : IDisposable
{
    public Scratch()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "lacks: root");
        Name = $"netlink-test-{Guid.NewGuid().ToString("N")[..10]}";
        Namespace = NetNamespace.Create(Path);
    }

    public string Name { get; }

    public string Path => $"/run/netns/{Name}";

    public NetNamespace Namespace { get; }

    public static string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {process.ExitCode}: {error.Result}");
    }

    /// <summary>ip(8) in this namespace.</summary>
    public string Ip(string arguments) => Run("ip", ["-n", Name, .. arguments.Split(' ')]);

    /// <summary>The JSON that ip(8) prints of this namespace.</summary>
    public JsonArray IpJson(string arguments) => Json(Run("ip", ["-n", Name, "-j", "-d", .. arguments.Split(' ')]));

    /// <summary>The JSON that bridge(8) prints of this namespace.</summary>
    public JsonArray BridgeJson(string arguments) => Json(Run("bridge", ["-n", Name, "-j", "-d", .. arguments.Split(' ')]));

    /// <summary>The JSON that tc(8) prints of this namespace.</summary>
    public JsonArray TcJson(string arguments) => Json(Run("tc", ["-n", Name, "-j", "-d", "-s", .. arguments.Split(' ')]));

    public void Dispose()
    {
        Namespace.Dispose();
        NetNamespace.Delete(Path);
    }

    private static JsonArray Json(string text) => string.IsNullOrWhiteSpace(text) ? [] : (JsonArray)JsonNode.Parse(text)!;
}

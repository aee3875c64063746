using System.Diagnostics;

namespace Podwire.CniBridge.Tests;

/// <summary>A plugin's system calls.</summary>
internal static class Strace
{
    public const string Program = "/usr/bin/strace";

    /// <summary>How often a plugin that succeeds makes a system call.</summary>
    public static int Count(Node node, string plugin, string command, string config, string container, string call)
    {
        var log = Path.Join(node.Folder, "strace");
        using var process = Start(node, plugin, command, config, container, ["-f", "-qq", "-o", log, "-e", $"trace={call}"]);
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return File.ReadLines(log).Count(line => line.Contains(call + "(", StringComparison.Ordinal));
    }

    /// <summary>Starts a plugin under strace with its configuration written to it.</summary>
    public static Process Start(Node node, string plugin, string command, string config, string container, string[] options)
    {
        var start = new ProcessStartInfo(Program, [.. options, Path.Join(CniExecutables.Path, plugin)])
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
        var process = node.Host.Run(() => Process.Start(start)!);
        try
        {
            process.StandardInput.Write(config);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It was killed before it read.
        }

        return process;
    }
}

using System.Diagnostics;
using System.Runtime.CompilerServices;
using Podwire.Executables;
using Podwire.CniFlannel.Agent;

namespace Podwire.CniFlannel.Tests;

/// <summary>podwire-flannel as a process of its own, in a namespace: this very test program, started with another task.</summary>
internal sealed class AgentProcess : IDisposable
{
    private const string Task = "PODWIRE_TEST_TASK";
    private readonly Process process;
    private readonly List<string> lines = [];

    private AgentProcess(Process process)
    {
        this.process = process;
        process.ErrorDataReceived += (_, line) =>
        {
            lock (lines)
            {
                lines.Add(line.Data ?? string.Empty);
            }
        };
        process.BeginErrorReadLine();
    }

    public string Log
    {
        get
        {
            lock (lines)
            {
                return string.Join('\n', lines);
            }
        }
    }

    public static AgentProcess Start(string ns, Dictionary<string, string> environment, params string[] args)
    {
        string[] self = [Environment.ProcessPath!, .. Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? [typeof(AgentProcess).Assembly.Location] : (string[])[]];
        var start = new ProcessStartInfo("ip", ["netns", "exec", ns, .. BuiltExecutables.Find("bin/podwire-flannel") is { } built ? [built] : self, .. args])
        {
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        start.Environment[Task] = "podwire-flannel";
        return new(Process.Start(start)!);
    }

    public async Task<int> EndAsync()
    {
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>SIGTERM.</summary>
    public void Terminate()
    {
        using var kill = Process.Start("kill", ["-TERM", process.Id.ToString()]);
        kill.WaitForExit();
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        process.Dispose();
    }

    /// <summary>Makes this program the agent where it was started as one, before the test runner looks at the command line.</summary>
    [ModuleInitializer]
#pragma warning disable CA2255 // This is a program, not a library: nobody else loads it.
    internal static void BecomeTheAgent()
#pragma warning restore CA2255
    {
        if (Environment.GetEnvironmentVariable(Task) == "podwire-flannel")
        {
            Environment.Exit(FlannelProgram.RunAsync(Environment.GetCommandLineArgs()[1..]).GetAwaiter().GetResult());
        }
    }
}

using System.Diagnostics;
using System.Runtime.CompilerServices;
using Podwire.Executables;

namespace Podwire.NetPolicy.Tests.Kernel;

/// <summary>podwire-netpolicy as a process of its own, in a namespace: the executable of make build, or this very test program, started with another task.</summary>
internal sealed class PolicyProcess : IDisposable
{
    private const string Task = "PODWIRE_TEST_TASK";
    private readonly Process process;
    private readonly List<string> lines = [];

    private PolicyProcess(Process process)
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

    /// <summary>What it logged so far.</summary>
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

    public static PolicyProcess Start(string ns, params string[] args)
    {
        string[] self = [Environment.ProcessPath!, .. Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? [typeof(PolicyProcess).Assembly.Location] : (string[])[]];
        var start = new ProcessStartInfo("ip", ["netns", "exec", ns, .. BuiltExecutables.Find("bin/podwire-netpolicy") is { } built ? [built] : self, .. args])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment[Task] = "podwire-netpolicy";
        return new(Process.Start(start)!);
    }

    /// <summary>Waits for the end and returns the exit code and the output.</summary>
    public async Task<(int ExitCode, string Output)> EndAsync()
    {
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output);
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

    /// <summary>Makes this program the enforcer where it was started as one, before the test runner looks at the command line.</summary>
    [ModuleInitializer]
#pragma warning disable CA2255 // This is a program, not a library: nobody else loads it.
    internal static void BecomeTheEnforcer()
#pragma warning restore CA2255
    {
        if (Environment.GetEnvironmentVariable(Task) == "podwire-netpolicy")
        {
            Environment.Exit(PolicyProgram.RunAsync(Environment.GetCommandLineArgs()[1..]).GetAwaiter().GetResult());
        }
    }
}

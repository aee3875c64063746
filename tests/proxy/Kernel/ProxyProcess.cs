using System.Diagnostics;
using System.Runtime.CompilerServices;
using Podwire.Executables;
using Podwire.Netlink.Namespaces;
using Podwire.Primitives;
using Podwire.Proxy.Explain;

namespace Podwire.Proxy.Tests.Kernel;

/// <summary>podwire-proxy as a process of its own, in a namespace: the executable of make build, or this very test program, started with another task.</summary>
internal sealed class ProxyProcess : IDisposable
{
    private const string Task = "PODWIRE_TEST_TASK";
    private readonly Process process;
    private readonly List<string> lines = [];

    private ProxyProcess(Process process)
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

    /// <summary>Its number.</summary>
    public int Id => process.Id;

    /// <summary><c>podwire explain</c>.</summary>
    public static ProxyProcess StartExplain(string ns, params string[] args) => StartTask(ns, "explain", args);

    public static ProxyProcess Start(string ns, params string[] args) => StartTask(ns, "podwire-proxy", args);

    /// <summary>A trace of connections SOURCE DESTINATION PORT that waits for an hour.</summary>
    public static ProxyProcess StartTrace(string ns, string source, string destination, ushort port) => StartTask(ns, "trace", source, destination, port.ToString());

    /// <summary>The proxy, which finds programs in a folder of the test's before all others.</summary>
    public static ProxyProcess StartWithPrograms(string ns, string folder, params string[] args) => StartTask(ns, "podwire-proxy", args, $"{folder}:{Environment.GetEnvironmentVariable("PATH")}");

    private static ProxyProcess StartTask(string ns, string task, params string[] args) => StartTask(ns, task, args, null);

    private static ProxyProcess StartTask(string ns, string task, string[] args, string? path)
    {
        string[] self = [Environment.ProcessPath!, .. Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? [typeof(ProxyProcess).Assembly.Location] : (string[])[]];
        var program = task switch
        {
            "podwire-proxy" when BuiltExecutables.Find("bin/podwire-proxy") is { } built => [built],
            "explain" when BuiltExecutables.Find("bin/podwire") is { } built => [built, "explain"],
            _ => self,
        };
        var start = new ProcessStartInfo("ip", ["netns", "exec", ns, .. program, .. args])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment[Task] = task;
        if (path is not null)
        {
            start.Environment["PATH"] = path;
        }

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

    /// <summary>Makes this program the proxy where it was started as one, before the test runner looks at the command line.</summary>
    [ModuleInitializer]
#pragma warning disable CA2255 // This is a program, not a library: nobody else loads it.
    internal static void BecomeTheProxy()
#pragma warning restore CA2255
    {
        var args = Environment.GetCommandLineArgs()[1..];
        switch (Environment.GetEnvironmentVariable(Task))
        {
            case "podwire-proxy":
                Environment.Exit(ProxyProgram.RunAsync(args).GetAwaiter().GetResult());
                break;
            case "explain":
                Environment.Exit(ExplainProgram.RunAsync(args).GetAwaiter().GetResult());
                break;
            case "trace":
                using (var ns = NetNamespace.OpenSelf())
                {
                    new IptablesTrace(ns).Run(
                        new(IpProtocol.Tcp, IpAddress.Parse(args[0]), IpAddress.Parse(args[1]), ushort.Parse(args[2])),
                        TimeSpan.FromHours(1),
                        () => Console.Error.WriteLine("ready"));
                }

                Environment.Exit(0);
                break;
        }
    }
}

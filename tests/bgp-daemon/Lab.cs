using System.Diagnostics;
using System.Text.Json.Nodes;
using Podwire.BgpDaemon.Command;
using Podwire.Executables;

namespace Podwire.BgpDaemon.Tests;

/// <summary>
/// Network namespaces on one bridge, 10.99.0.0/16 and fd99::/64: the reflector in the first as 10.99.0.1 and fd99::1, peers in others as 10.99.1.N and fd99::1:N.
/// All that was made goes with it: processes, namespaces, files.
/// </summary>
internal sealed partial class Lab : IDisposable
{
    private static int made;
    private readonly string name = $"pwb{Environment.ProcessId}x{Interlocked.Increment(ref made)}";
    private readonly List<string> spaces = [];
    private readonly List<Process> processes = [];
    private Process? daemon;

    public Lab(int peers)
    {
        Folder = Directory.CreateTempSubdirectory("podwire-bgp-test").FullName;
        var hub = Space("rr");
        Ip($"-n {hub} link set lo up");
        Ip($"-n {hub} link add br0 type bridge");
        Ip($"-n {hub} addr add 10.99.0.1/16 dev br0");
        Ip($"-n {hub} addr add fd99::1/64 dev br0 nodad");
        Ip($"-n {hub} link set br0 up");
        for (var i = 1; i <= peers; i++)
        {
            var space = Space($"p{i}");
            Ip($"-n {space} link set lo up");
            Ip($"-n {hub} link add v{i} type veth peer name eth0 netns {space}");
            Ip($"-n {hub} link set v{i} master br0 up");
            Ip($"-n {space} addr add 10.99.1.{i}/16 dev eth0");
            Ip($"-n {space} addr add fd99::1:{i}/64 dev eth0 nodad");
            Ip($"-n {space} link set eth0 up");
        }
    }

    public string Folder { get; }

    public string StateSocket => Path.Combine(Folder, "state.sock");

    public string Config => Path.Combine(Folder, "bgp.json");

    public string PathOf(int peer) => $"/run/netns/{name}p{peer}";

    public string HubPath => $"/run/netns/{name}rr";

    /// <summary>Writes the configuration: AS 64512, 10.99.0.1, and what is added.</summary>
    public void WriteConfig(string rest) => File.WriteAllText(Config, $$"""
        {"asn": 64512, "routerId": "10.99.0.1", "stateSocket": "{{StateSocket}}", {{rest}}}
        """);

    /// <summary>Starts podwire-bgp in the hub.</summary>
    public Process StartDaemon(params string[] flags)
    {
        daemon = Start("rr", "/usr/bin/env", [.. Variables, .. Program, "--config", Config, "-v", Verbosity, .. flags]);
        Until(() => File.Exists(StateSocket) && Ask("summary") is not null, "the daemon answers");
        return daemon;
    }

    /// <summary>podwire-bgp: the executable of make build, or this program under the JIT.</summary>
    public static string[] Program { get; } = BuiltExecutables.Find("bin/podwire-bgp") is { } built ? [built] : [Environment.ProcessPath!, .. Self, "podwire-bgp"];

    /// <summary>VARIABLE=VALUE for the daemon.</summary>
    public List<string> Variables { get; } = [];

    /// <summary>The daemon's -v.</summary>
    public string Verbosity { get; set; } = "4";

    /// <summary>kill -9.</summary>
    public void KillDaemon()
    {
        daemon!.Kill();
        daemon.WaitForExit();
    }

    /// <summary>SIGHUP, SIGTERM and the like.</summary>
    public static void Signal(Process process, string signal) => Run("kill", $"-{signal} {process.Id}");

    /// <summary>Starts bird in a peer's namespace; the text is what stands behind the router id.</summary>
    public Process StartBird(int peer, string text)
    {
        var file = Path.Combine(Folder, $"bird{peer}.conf");
        File.WriteAllText(file, $"router id 10.99.1.{peer};\nlog \"{Folder}/bird{peer}.log\" all;\ndebug protocols {{ states, events }};\nprotocol device {{}}\n{text}\n");
        return Start($"p{peer}", "/usr/sbin/bird", ["-f", "-c", file, "-s", BirdSocket(peer), "-P", Path.Combine(Folder, $"bird{peer}.pid")]);
    }

    /// <summary>What birdc answers.</summary>
    public string Bird(int peer, string command) => Try("/usr/sbin/birdc", ["-r", "-s", BirdSocket(peer), .. command.Split(' ')]);

    /// <summary>As <see cref="Bird"/>, for commands that change something.</summary>
    public string BirdDo(int peer, string command) => Try("/usr/sbin/birdc", ["-s", BirdSocket(peer), .. command.Split(' ')]);

    /// <summary>A bird's session with the reflector, called «hub».</summary>
    public static string BirdPeer(string rest = "", string asn = "64512", string v4 = "import all; export all;", string v6 = "import all; export all;") => $$"""
        protocol bgp hub { local as {{asn}}; neighbor 10.99.0.1 as 64512; connect delay time 1; connect retry time 1; error wait time 1, 2; multihop; hold time 30; {{rest}}
          ipv4 { {{v4}} }; ipv6 { {{v6}} }; }
        """;

    /// <summary>Static routes of a bird.</summary>
    public static string BirdRoutes(params string[] prefixes) =>
        $"protocol static s4 {{ ipv4; {string.Join(' ', prefixes.Where(static prefix => !prefix.Contains(':')).Select(static prefix => $"route {prefix} blackhole;"))} }}\n"
        + $"protocol static s6 {{ ipv6; {string.Join(' ', prefixes.Where(static prefix => prefix.Contains(':')).Select(static prefix => $"route {prefix} blackhole;"))} }}\n";

    /// <summary>What the daemon answers; null if it does not.</summary>
    public JsonNode? Ask(string question)
    {
        using var output = new StringWriter();
        return BgpCommand.Run([.. question.Split(' '), "--socket", StateSocket, "--json"], output, TextWriter.Null) == 0 ? JsonNode.Parse(output.ToString()) : null;
    }

    public JsonNode? Neighbor(int peer) => Ask("neighbors")?["neighbors"]!.AsArray().FirstOrDefault(entry => (string?)entry!["address"] == $"10.99.1.{peer}");

    public bool IsUp(int peer) => (string?)Neighbor(peer)?["state"] == "Established";

    public bool HasRoute(string prefix) => Ask($"routes {prefix}")?["routes"]!.AsArray().Count > 0;

    /// <summary>Waits for what will come about; fails, saying what did not, after a long time.</summary>
    public void Until(Func<bool> condition, string what)
    {
        var began = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(began.Elapsed < TimeSpan.FromSeconds(30), $"did not come about: {what}\n{Ask("neighbors")}\n{Ask("routes")?.ToJsonString()}\n{string.Join('\n', Directory.GetFiles(Folder, "*.log").Select(static log => $"{log}\n{string.Join('\n', File.ReadLines(log).TakeLast(25))}"))}");
            Thread.Sleep(50);
        }
    }

    public void Dispose()
    {
        foreach (var process in processes)
        {
            if (!process.HasExited)
            {
                process.Kill();
                process.WaitForExit();
            }

            process.Dispose();
        }

        foreach (var space in spaces)
        {
            Run("ip", $"netns del {space}");
        }

        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Starts a program in a namespace («rr», «p1»...); its output goes to a log file.</summary>
    public Process Start(string space, string program, string[] arguments)
    {
        // sh opens the log and is replaced: the process that is killed later is the program itself.
        var start = new ProcessStartInfo("ip", ["netns", "exec", name + space, "sh", "-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1", "sh", Path.Combine(Folder, $"{space}.{Path.GetFileName(program)}.log"), program, .. arguments]);
        var process = Process.Start(start)!;
        processes.Add(process);
        return process;
    }

    /// <summary>The output of a program in a namespace.</summary>
    public string Try(string space, string program, params string[] arguments) => Try("ip", ["netns", "exec", name + space, program, .. arguments]);

    private static string[] Self => Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet" ? [typeof(Lab).Assembly.Location] : [];

    private static string Try(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output + error.Result;
    }

    private static void Ip(string arguments) => Run("ip", arguments);

    private static void Run(string program, string arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments.Split(' ')) { RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {arguments}: {error}");
    }

    private string BirdSocket(int peer) => Path.Combine(Folder, $"b{peer}.ctl");

    private string Space(string suffix)
    {
        spaces.Add(name + suffix);
        Ip($"netns add {name}{suffix}");
        return name + suffix;
    }
}
